SELECT stream_seq, status, bytes, stream_hash, received, skew_ms, device, epoch, seq, hash, reason, kind, event_id
FROM event
WHERE site = ?1
ORDER BY stream_seq
