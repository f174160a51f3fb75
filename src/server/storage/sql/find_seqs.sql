SELECT k.n, e.hash, e.bytes, e.stream_seq, e.reason
FROM {keys}
CROSS JOIN event e
WHERE e.site = ?1 AND e.device = k.device AND e.epoch = k.epoch AND e.seq = k.seq
UNION ALL
SELECT k.n, a.hash, e.bytes, e.stream_seq, e.reason
FROM {keys}
CROSS JOIN alias a
CROSS JOIN event e
WHERE a.site = ?1 AND a.device = k.device AND a.epoch = k.epoch AND a.seq = k.seq
  AND e.site = ?1 AND e.stream_seq = a.stream_seq
