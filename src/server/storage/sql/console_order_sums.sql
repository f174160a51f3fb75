SELECT k.order_id,
  CAST(coalesce(sum(p.received), 0) AS BIGINT), CAST(coalesce(sum(p.picked), 0) AS BIGINT),
  CAST(coalesce(sum(p.dispatched), 0) AS BIGINT), CAST(coalesce(sum(p.short), 0) AS BIGINT),
  coalesce((SELECT c.times FROM closing c WHERE c.site = ?1 AND c.order_id = k.order_id), 0)
FROM {keys}
LEFT JOIN progress p ON p.site = ?1 AND p.order_id = k.order_id
GROUP BY k.order_id
