SELECT item, lot, good_to, units
FROM lot
WHERE site = ?1 AND good_to >= ?2 AND units > 0
ORDER BY good_to, item, lot
LIMIT ?3
