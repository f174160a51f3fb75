SELECT m.bytes
FROM record r
JOIN master m ON m.site = r.site AND m.stream_seq = r.stream_seq
WHERE r.site = ?1 AND r.kind = ?2 AND r.code = ?3
ORDER BY r.id DESC
LIMIT 1
