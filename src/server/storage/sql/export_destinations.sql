SELECT event_id, serial, line, order_id, customer, units, at
FROM destination
WHERE site = ?1 AND item = ?2 AND lot = ?3 AND (event_id, serial, line) > (?4, ?5, ?6)
ORDER BY event_id, serial, line
LIMIT ?7
