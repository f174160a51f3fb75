SELECT item, lot, serial, location, hu, units, since
FROM stock
WHERE site = ?1 AND units <> 0
ORDER BY item, lot, serial, location, hu
