SELECT line, item, lot, serial,
  sum((base + pending) * (stage = 0)),
  sum((base + pending) * (stage = 1)),
  sum((base + pending) * (stage = 2)),
  sum((base + pending) * (stage = 3))
FROM progress
WHERE order_id = ?1
GROUP BY line, item, lot, serial
