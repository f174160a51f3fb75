SELECT event_id, supplier, order_id, units, at
FROM origin
WHERE site = ?1 AND item = ?2 AND lot = ?3 AND event_id > ?4
ORDER BY event_id
LIMIT ?5
