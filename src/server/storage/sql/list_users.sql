SELECT r.site, m.bytes
FROM record r
JOIN master m ON m.site = r.site AND m.stream_seq = r.stream_seq
WHERE r.kind = 'user'
ORDER BY r.site, r.id
