SELECT stream_seq, status, received, device, epoch, seq, bytes, stream_hash
FROM event
WHERE site = ?1 AND stream_seq > ?2
ORDER BY stream_seq
LIMIT ?3
