SELECT item, lot, event_id, supplier, order_id, units, at
FROM origin
WHERE site = ?1
ORDER BY item, lot, event_id
