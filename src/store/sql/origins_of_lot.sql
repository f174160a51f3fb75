SELECT item, lot, event, supplier, order_id, sum(quantity), at FROM origin
WHERE item = ?1 AND lot = ?2
GROUP BY item, lot, event, supplier, order_id
ORDER BY at, min(id)
