SELECT h.event_id, h.hold, h.operator, h.at,
       EXISTS (SELECT 1 FROM hold_end e WHERE e.site = h.site AND e.event_id = h.event_id)
FROM hold h
WHERE h.site = ?1
ORDER BY h.event_id
