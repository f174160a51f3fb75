SELECT k.n, l.facts, l.event_id, l.received
FROM {keys}
CROSS JOIN lot l
WHERE l.site = ?1 AND l.item = k.item AND l.lot = k.lot
