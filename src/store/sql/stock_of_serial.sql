SELECT item, lot, serial, location, hu, base + pending, since, expiry, best_before
FROM stock
WHERE serial = ?2 AND serial <> '' AND item = ?1 AND base + pending <> 0
ORDER BY location, hu, lot
