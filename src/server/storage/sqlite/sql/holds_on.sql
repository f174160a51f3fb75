SELECT h.event_id, h.hold, h.operator, h.at, 0
FROM hold h
WHERE h.site = ?1 AND h.target IN (?2, ?3, ?4)
  AND NOT EXISTS (SELECT 1 FROM hold_end e WHERE e.site = h.site AND e.event_id = h.event_id)
ORDER BY h.event_id
