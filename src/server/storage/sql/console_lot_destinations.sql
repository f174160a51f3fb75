SELECT event_id, serial, line, order_id, customer, units, at
FROM destination
WHERE site = ?1 AND item = ?2 AND lot = ?3
ORDER BY at, event_id, serial, line
LIMIT ?4
