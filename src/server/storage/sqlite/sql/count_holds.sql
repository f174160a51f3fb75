SELECT count(*)
FROM hold h
WHERE NOT EXISTS (SELECT 1 FROM hold_end e WHERE e.site = h.site AND e.event_id = h.event_id)
