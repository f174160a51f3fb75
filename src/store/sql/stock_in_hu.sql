SELECT item, lot, serial, location, hu, base + pending, since, expiry, best_before
FROM stock
WHERE hu = ?1 AND hu <> '' AND base + pending <> 0
ORDER BY location, item, lot, serial
