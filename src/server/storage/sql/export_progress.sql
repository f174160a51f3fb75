SELECT line, item, lot, serial, received, picked, dispatched, short
FROM progress
WHERE site = ?1 AND order_id = ?2 AND (line, item, lot, serial) > (?3, ?4, ?5, ?6)
ORDER BY line, item, lot, serial
LIMIT ?7
