INSERT INTO stream (site, name, next_seq, head_hash)
VALUES (?1, ?2, 1 + ?3, ?4)
ON CONFLICT (site, name) DO UPDATE SET next_seq = next_seq + ?3, head_hash = excluded.head_hash
WHERE next_seq = ?5
RETURNING next_seq
