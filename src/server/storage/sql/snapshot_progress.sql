SELECT order_id, line, item, lot, serial, received, picked, dispatched, short
FROM progress
WHERE site = ?1
ORDER BY order_id, line, item, lot, serial
