INSERT INTO stream (site, name, next_seq, head_hash, tree)
VALUES (?1, ?2, 1 + CAST(?3 AS BIGINT), ?4, ?6)
ON CONFLICT (site, name) DO UPDATE SET
  next_seq = stream.next_seq + CAST(?3 AS BIGINT), head_hash = excluded.head_hash,
  tree = coalesce(excluded.tree, stream.tree)
WHERE stream.next_seq = ?5
RETURNING next_seq
