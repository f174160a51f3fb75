SELECT record, EXISTS (SELECT 1 FROM order_closed WHERE order_id = orders.id AND base + pending > 0)
FROM orders WHERE number = ?1 ORDER BY id DESC
