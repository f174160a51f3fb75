INSERT INTO stream (site, name, next_seq, head_hash)
VALUES (?1, ?2, 1, ?3)
ON CONFLICT (site, name) DO NOTHING
