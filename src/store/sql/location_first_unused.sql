SELECT record FROM location
WHERE kind = ?1 AND active = 1 AND (?2 = '' OR zone = ?2)
  AND NOT EXISTS (SELECT 1 FROM stock WHERE stock.location = location.id)
ORDER BY walk, id
LIMIT 1
