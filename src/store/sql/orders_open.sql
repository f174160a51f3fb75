SELECT orders.record, coalesce(party.name, ''), orders.due
FROM orders INDEXED BY orders_open
LEFT JOIN party ON party.id = orders.record ->> '$.party'
WHERE direction = ?1 AND status = 'open'
  AND NOT EXISTS (SELECT 1 FROM order_closed WHERE order_id = orders.id AND base + pending > 0)
ORDER BY due, number
LIMIT ?2 OFFSET ?3
