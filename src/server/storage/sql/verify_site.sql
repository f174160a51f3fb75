SELECT stream_seq, status, bytes, stream_hash
FROM event
WHERE site = ?1
ORDER BY stream_seq
