SELECT k.n, (
  SELECT e.event_id
  FROM change c
  JOIN event e ON e.site = ?1 AND e.stream_seq = c.stream_seq
  WHERE c.site = ?1 AND c.item = k.item AND c.lot = k.lot AND c.serial = k.serial AND c.location = k.location AND c.hu = k.hu AND c.delta < 0
  ORDER BY c.stream_seq DESC, c.n DESC
  LIMIT 1
)
FROM {keys}
