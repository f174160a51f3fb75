SELECT stream_seq, reason, bytes = ?3
FROM event
WHERE site = ?1 AND event_id = ?2
