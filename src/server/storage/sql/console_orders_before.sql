SELECT m.bytes
FROM record r
JOIN master m ON m.site = r.site AND m.stream_seq = r.stream_seq
WHERE r.site = ?1 AND r.kind = 'order' AND r.id < ?2
ORDER BY r.id DESC
LIMIT ?3
