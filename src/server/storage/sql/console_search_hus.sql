SELECT item, lot, location
FROM stock
WHERE site = ?1 AND hu = ?2 AND hu <> '' AND units <> 0
ORDER BY item, lot, location
LIMIT ?3
