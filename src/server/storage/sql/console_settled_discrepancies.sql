SELECT identity, stream_seq, kind, detail, opened, closed
FROM discrepancy
WHERE site = ?1 AND closed IS NOT NULL
ORDER BY closed DESC, identity
LIMIT ?2
