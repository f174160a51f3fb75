SELECT k.n, e.event_id
FROM {keys}
CROSS JOIN change c
CROSS JOIN event e
WHERE c.site = ?1 AND c.hu = k.hu AND c.hu <> ''
  AND c.at >= k.at AND c.kind = 2 AND c.delta < 0 AND e.site = ?1 AND e.stream_seq = c.stream_seq
