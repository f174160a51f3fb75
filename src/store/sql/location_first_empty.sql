-- A place with balances that sum to nothing here has at least one pending change.
SELECT record FROM location
WHERE kind = ?1 AND active = 1 AND (?2 = '' OR zone = ?2)
  AND id IN (SELECT location FROM stock INDEXED BY stock_pending WHERE pending <> 0)
  AND NOT EXISTS (SELECT 1 FROM stock WHERE stock.location = location.id AND base + pending <> 0)
ORDER BY walk, id
LIMIT 1
