INSERT INTO record (site, kind, id, stream_seq)
VALUES (?1, ?2, ?3, ?4)
ON CONFLICT (site, kind, id) DO UPDATE SET stream_seq = excluded.stream_seq
