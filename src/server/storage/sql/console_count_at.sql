SELECT count(*)
FROM stock
WHERE site = ?1 AND location = ?2 AND location > 0 AND units <> 0
