SELECT count(*)
FROM stock
WHERE site = ?1 AND location = ?2 AND units <> 0
