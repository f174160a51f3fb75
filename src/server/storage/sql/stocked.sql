SELECT item, lot, serial, location, hu
FROM stock
WHERE site = ?1 AND units <> 0 AND location > 0
