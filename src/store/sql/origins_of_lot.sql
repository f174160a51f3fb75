SELECT item, lot, event, supplier, order_id, sum(quantity), at FROM origin
WHERE item = ?1 AND lot = ?2
GROUP BY event
ORDER BY at, event
