SELECT s.item, CAST(sum(s.units) AS BIGINT), count(DISTINCT s.lot), min(l.good_to)
FROM {keys}
CROSS JOIN stock s
LEFT JOIN lot l ON l.site = s.site AND l.item = s.item AND l.lot = s.lot
WHERE s.site = ?1 AND s.item = k.item AND +s.location > 0 AND s.units <> 0
GROUP BY s.item
