WITH found (id) AS MATERIALIZED (
  SELECT DISTINCT stock.location
  FROM stock JOIN location ON location.id = stock.location
  WHERE stock.item = ?1 AND base + pending > 0
    AND location.kind IN ('storage', 'pick_face') AND location.active = 1
  LIMIT 20
)
SELECT record FROM location JOIN found USING (id) ORDER BY walk, id
