SELECT s.item, s.lot, s.serial, s.location, s.hu, s.units, s.since, l.good_to
FROM stock s
LEFT JOIN lot l ON l.site = s.site AND l.item = s.item AND l.lot = s.lot
WHERE s.site = ?1 AND s.item >= ?2 AND s.item <= ?3 AND (?4 = '' OR s.lot = ?4)
  AND s.location >= ?5 AND s.location <= ?6 AND s.units <> 0
  AND (s.item, s.lot, s.serial, s.location, s.hu) > (?7, ?8, ?9, ?10, ?11)
ORDER BY s.item, s.lot, s.serial, s.location, s.hu
LIMIT ?12
