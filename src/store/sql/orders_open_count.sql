SELECT count(*) FROM orders INDEXED BY orders_open
WHERE direction = ?1 AND status = 'open'
  AND NOT EXISTS (SELECT 1 FROM order_closed WHERE order_id = orders.id AND base + pending > 0)
