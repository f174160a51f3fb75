SELECT item, lot, serial, event, order_id, line, customer, sum(quantity), at FROM destination
WHERE item = ?1 AND lot = ?2
GROUP BY item, lot, serial, event, order_id, line, customer
ORDER BY at, min(id)
