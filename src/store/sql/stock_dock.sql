SELECT stock.item, stock.lot, stock.serial, stock.location, stock.hu, stock.base + stock.pending, stock.since, stock.expiry, stock.best_before
FROM location CROSS JOIN stock INDEXED BY stock_location ON stock.location = location.id
WHERE location.kind = 'dock' AND location.active = 1 AND stock.base + stock.pending <> 0
ORDER BY location.walk, location.id, stock.item, stock.expiry, stock.lot, stock.hu, stock.serial
LIMIT ?1 OFFSET ?2
