SELECT e.stream_seq, e.status, e.reason, e.received, e.device, coalesce(d.name, ''), e.epoch, e.seq, e.bytes
FROM event e
LEFT JOIN device d ON d.site = e.site AND d.device = e.device
WHERE e.site = ?1 AND e.stream_seq > ?2
ORDER BY e.stream_seq
LIMIT ?3
