SELECT e.stream_seq, e.kind, e.status, e.reason, coalesce(d.name, ''), e.received
FROM event e
LEFT JOIN device d ON d.site = e.site AND d.device = e.device
WHERE e.site = ?1
ORDER BY e.stream_seq DESC
LIMIT 20
