SELECT k.n, e.event_id, c.at, c.device
FROM {keys}
CROSS JOIN change c
CROSS JOIN event e
WHERE c.site = ?1 AND c.item = k.item AND c.lot = k.lot AND c.serial = k.serial AND c.location = k.location AND c.hu = k.hu
  AND c.kind = 1 AND c.at > k.at AND e.site = ?1 AND e.stream_seq = c.stream_seq
