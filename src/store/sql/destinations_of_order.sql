SELECT item, lot, serial, event, order_id, line, customer, sum(quantity), at FROM destination
WHERE order_id = ?1
GROUP BY item, lot, serial, event, order_id, line, customer
ORDER BY at, min(id)
