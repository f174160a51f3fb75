SELECT s.item, s.lot, s.serial, s.location, s.hu, s.units, s.since, l.good_to
FROM stock s
LEFT JOIN lot l ON l.site = s.site AND l.item = s.item AND l.lot = s.lot
WHERE s.site = ?1 AND s.item = ?2 AND +s.location > 0 AND s.units <> 0
ORDER BY CASE WHEN l.good_to IS NULL THEN 1 ELSE 0 END, l.good_to, s.lot, s.location, s.hu, s.serial
LIMIT ?3 OFFSET ?4
