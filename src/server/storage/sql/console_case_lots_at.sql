SELECT item, lot, CAST(sum(units) AS BIGINT)
FROM stock
WHERE site = ?1 AND location = ?2 AND location > 0 AND units <> 0
GROUP BY item, lot
ORDER BY item, lot
LIMIT ?3
