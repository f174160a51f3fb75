SELECT item, lot, event, supplier, order_id, sum(quantity), at FROM origin
WHERE order_id = ?1
GROUP BY item, lot, event, supplier, order_id
ORDER BY at, min(id)
