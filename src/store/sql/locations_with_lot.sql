SELECT location.record
FROM stock JOIN location ON location.id = stock.location
WHERE stock.item = ?1 AND expiry = ?2 AND best_before = ?3 AND produced = ?4 AND received = ?5 AND stock.lot = ?6
  AND base + pending > 0 AND location.kind IN ('storage', 'pick_face') AND location.active = 1
GROUP BY location.id
ORDER BY location.walk, location.id
LIMIT 20
