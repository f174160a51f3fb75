SELECT item, lot, good_to, units
FROM lot
WHERE site = ?1 AND good_to >= ?2 AND units > 0
  AND (good_to > ?2 OR item > ?3 OR (item = ?3 AND lot > ?4))
ORDER BY good_to, item, lot
LIMIT ?5
