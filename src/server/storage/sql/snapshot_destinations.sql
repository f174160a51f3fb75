SELECT item, lot, event_id, serial, line, order_id, customer, units, at
FROM destination
WHERE site = ?1
ORDER BY item, lot, event_id, serial, line
