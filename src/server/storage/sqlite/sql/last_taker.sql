SELECT e.event_id
FROM change c
JOIN event e ON e.site = c.site AND e.stream_seq = c.stream_seq
WHERE c.site = ?1 AND c.item = ?2 AND c.lot = ?3 AND c.serial = ?4 AND c.location = ?5 AND c.hu = ?6
  AND c.delta < 0
ORDER BY c.stream_seq DESC, c.n DESC
LIMIT 1
