SELECT identity, stream_seq, kind, detail, opened
FROM discrepancy
WHERE site = ?1 AND closed IS NULL
ORDER BY opened DESC, stream_seq DESC
LIMIT 20
