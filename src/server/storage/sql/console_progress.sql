SELECT line, item, lot, serial, received, picked, dispatched, short
FROM progress
WHERE site = ?1 AND order_id = ?2
ORDER BY line, item, lot, serial
LIMIT 5000
