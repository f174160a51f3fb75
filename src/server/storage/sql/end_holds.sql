UPDATE hold
SET ended = 1
FROM {keys}
WHERE hold.site = ?1 AND hold.event_id = k.event_id
