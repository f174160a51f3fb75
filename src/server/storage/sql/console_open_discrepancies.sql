SELECT identity, stream_seq, kind, detail, opened, closed
FROM discrepancy
WHERE site = ?1 AND closed IS NULL
ORDER BY opened DESC, identity
LIMIT ?2
