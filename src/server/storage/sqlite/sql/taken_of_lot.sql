SELECT DISTINCT e.event_id
FROM change c
JOIN event e ON e.site = c.site AND e.stream_seq = c.stream_seq
WHERE c.site = ?1 AND c.item = ?2 AND c.lot = ?3 AND c.at >= ?4 AND c.kind = 2 AND c.delta < 0
ORDER BY e.event_id
