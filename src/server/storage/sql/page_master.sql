SELECT stream_seq, bytes, stream_hash
FROM master
WHERE site = ?1 AND stream_seq > ?2
ORDER BY stream_seq
LIMIT ?3
