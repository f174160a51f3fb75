SELECT e.stream_seq, e.status, e.reason, e.received, e.device, coalesce(d.name, ''), e.bytes
FROM control c
JOIN event e ON e.site = c.site AND e.stream_seq = c.site_seq
LEFT JOIN device d ON d.site = e.site AND d.device = e.device
WHERE c.site = ?1 AND c.stream_seq > ?2 AND e.kind = 'release' AND e.status = 0
ORDER BY c.stream_seq DESC
LIMIT 2000
