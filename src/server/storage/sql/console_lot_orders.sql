SELECT customer, order_id, CAST(sum(units) AS BIGINT), max(at)
FROM destination
WHERE site = ?1 AND item = ?2 AND lot = ?3
GROUP BY customer, order_id
HAVING sum(units) <> 0
ORDER BY customer, order_id
LIMIT ?4
