SELECT stream_seq, status, bytes, stream_hash, received, skew_ms, device, epoch, seq, hash, reason
FROM event
WHERE site = ?1 AND stream_seq > ?2
ORDER BY stream_seq
LIMIT ?3
