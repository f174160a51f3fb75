SELECT item, lot, serial, location, hu, CAST(sum(delta) AS BIGINT)
FROM change
WHERE site = ?1
GROUP BY item, lot, serial, location, hu
