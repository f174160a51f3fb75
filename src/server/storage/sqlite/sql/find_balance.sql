SELECT units
FROM stock
WHERE site = ?1 AND item = ?2 AND lot = ?3 AND serial = ?4 AND location = ?5 AND hu = ?6
