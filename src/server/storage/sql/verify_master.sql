SELECT stream_seq, 0, bytes, stream_hash
FROM master
WHERE site = ?1
ORDER BY stream_seq
