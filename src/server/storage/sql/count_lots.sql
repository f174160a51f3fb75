SELECT count(*)
FROM (SELECT DISTINCT item, lot FROM stock WHERE site = ?1 AND units > 0 AND location > 0) AS held
