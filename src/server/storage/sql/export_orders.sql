SELECT r.id, m.bytes, coalesce(c.times, 0)
FROM record r
JOIN master m ON m.site = r.site AND m.stream_seq = r.stream_seq
LEFT JOIN closing c ON c.site = r.site AND c.order_id = r.id
WHERE r.site = ?1 AND r.kind = 'order' AND r.id > ?2
ORDER BY r.id
LIMIT ?3
