SELECT k.n, s.units
FROM {keys}
CROSS JOIN stock s
WHERE s.site = ?1 AND s.item = k.item AND s.lot = k.lot AND s.serial = k.serial AND s.location = k.location AND s.hu = k.hu
