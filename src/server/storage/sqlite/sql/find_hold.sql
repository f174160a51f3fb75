SELECT event_id, hold, operator, at, ended
FROM hold
WHERE site = ?1 AND event_id = ?2
