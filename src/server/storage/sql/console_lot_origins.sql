SELECT event_id, supplier, order_id, units, at
FROM origin
WHERE site = ?1 AND item = ?2 AND lot = ?3
ORDER BY at, event_id
LIMIT ?4
