SELECT k.n, c.times
FROM {keys}
CROSS JOIN closing c
WHERE c.site = ?1 AND c.order_id = k.order_id
