SELECT k.n, p.order_id, p.line, p.item, p.lot, p.serial, p.received, p.picked, p.dispatched, p.short
FROM {keys}
CROSS JOIN progress p
WHERE p.site = ?1 AND p.order_id = k.order_id
