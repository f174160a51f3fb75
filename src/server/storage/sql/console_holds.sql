SELECT event_id, hold, operator, at
FROM hold
WHERE site = ?1 AND ended = ?2
ORDER BY at DESC, event_id
LIMIT 1000
