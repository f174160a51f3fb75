SELECT h.event_id
FROM hold h
WHERE h.site = ?1
  AND h.ended <> CASE
    WHEN EXISTS (SELECT 1 FROM hold_end e WHERE e.site = h.site AND e.event_id = h.event_id) THEN 1 ELSE 0
  END
ORDER BY h.event_id
