SELECT DISTINCT e.event_id
FROM change c
JOIN event e ON e.site = c.site AND e.stream_seq = c.stream_seq
WHERE c.site = ?1 AND c.item = ?2 AND c.lot = ?3 AND c.serial = ?4 AND c.location = ?5 AND c.hu = ?6
  AND c.kind = 1 AND c.at > ?7 AND c.device <> ?8
ORDER BY e.event_id
