SELECT order_id FROM closing WHERE site = ?1 AND times > 0 ORDER BY order_id
