INSERT INTO stream (site, name, next_seq, head_hash)
VALUES (?1, ?2, 1 + CAST(?3 AS BIGINT), ?4)
ON CONFLICT (site, name) DO UPDATE SET
  next_seq = stream.next_seq + CAST(?3 AS BIGINT), head_hash = excluded.head_hash
WHERE stream.next_seq = ?5
RETURNING next_seq
