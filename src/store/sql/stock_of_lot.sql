SELECT item, lot, serial, location, hu, base + pending, since, expiry, best_before
FROM stock
WHERE item = ?1 AND expiry = ?2 AND best_before = ?3 AND produced = ?4 AND received = ?5
  AND lot = ?6 AND base + pending <> 0
ORDER BY walk, location, hu, serial
