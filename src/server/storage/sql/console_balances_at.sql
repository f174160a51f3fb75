SELECT s.item, s.lot, s.serial, s.location, s.hu, s.units, s.since, l.good_to
FROM stock s
LEFT JOIN lot l ON l.site = s.site AND l.item = s.item AND l.lot = s.lot
WHERE s.site = ?1 AND s.location = ?2 AND s.location > 0 AND s.units <> 0
ORDER BY s.hu, s.item, s.lot, s.serial
LIMIT ?3 OFFSET ?4
