SELECT customer, CAST(sum(units) AS BIGINT)
FROM destination
WHERE site = ?1 AND item = ?2 AND lot = ?3
GROUP BY customer
ORDER BY customer
