SELECT item, lot, serial, location, hu, base + pending, since, expiry, best_before
FROM stock INDEXED BY stock_location
WHERE location = ?1 AND base + pending <> 0
ORDER BY item, expiry, best_before, produced, received, walk, lot, hu, serial
LIMIT ?2 OFFSET ?3
