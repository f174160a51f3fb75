SELECT count(*), CAST(coalesce(sum(units), 0) AS BIGINT)
FROM stock
WHERE site = ?1 AND item = ?2 AND +location > 0 AND units <> 0
