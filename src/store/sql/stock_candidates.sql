SELECT lot, location, hu, serial, expiry, best_before, produced, received, walk,
  (SELECT kind FROM location WHERE id = stock.location),
  base + pending
FROM stock
WHERE item = ?1 AND base + pending <> 0
ORDER BY expiry, best_before, produced, received, walk, lot, location, hu, serial
