SELECT item, lot
FROM lot
WHERE site = ?1 AND lot = ?2
ORDER BY received DESC, item
LIMIT ?3
