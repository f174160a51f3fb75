SELECT c.stream_seq, e.status, e.bytes, c.stream_hash
FROM control c
JOIN event e ON e.site = c.site AND e.stream_seq = c.site_seq
WHERE c.site = ?1
ORDER BY c.stream_seq
