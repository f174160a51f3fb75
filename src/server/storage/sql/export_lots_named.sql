SELECT item, lot, received, facts, good_to, units
FROM lot
WHERE site = ?1 AND item >= ?2 AND item <= ?3 AND item > ?4 AND lot = ?5
ORDER BY item
LIMIT ?6
