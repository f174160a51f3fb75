SELECT item, lot, received, facts, good_to, units
FROM lot
WHERE site = ?1 AND item >= ?2 AND item <= ?3 AND (item, lot) > (?4, ?5)
ORDER BY item, lot
LIMIT ?6
