SELECT k.n, e.stream_seq, e.status, e.reason, e.bytes
FROM {keys}
CROSS JOIN event e
WHERE e.site = ?1 AND e.event_id = k.event_id
