SELECT id
FROM orders INDEXED BY orders_open
WHERE direction = 'inbound' AND status = 'open'
  AND NOT EXISTS (SELECT 1 FROM order_closed WHERE order_id = orders.id AND base + pending > 0)
  AND EXISTS (SELECT 1 FROM json_each(orders.record, '$.lines') AS line WHERE line.value ->> '$.hu' = ?1)
ORDER BY due, number
LIMIT 1
