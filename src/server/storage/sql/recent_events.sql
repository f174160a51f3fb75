SELECT e.stream_seq, e.kind, e.status, e.reason, coalesce(d.name, ''), e.received
FROM event e
LEFT JOIN device d ON d.site = e.site AND d.device = e.device
ORDER BY e.site DESC, e.stream_seq DESC
LIMIT 20
