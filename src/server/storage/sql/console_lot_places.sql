SELECT location, hu, CAST(sum(units) AS BIGINT)
FROM stock
WHERE site = ?1 AND item = ?2 AND lot = ?3 AND +location > 0 AND units <> 0
GROUP BY location, hu
ORDER BY location, hu
