SELECT event_id, hold, operator, at
FROM hold
WHERE site = ?1 AND event_id = ?2 AND ended = 0
