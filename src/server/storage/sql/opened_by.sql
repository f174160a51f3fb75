SELECT stream_seq, identity, kind, detail, opened
FROM discrepancy
WHERE site = ?1 AND stream_seq > ?2 AND stream_seq <= ?3
ORDER BY stream_seq, identity
