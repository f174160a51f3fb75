SELECT count(*)
FROM (SELECT DISTINCT site, item, lot FROM stock WHERE units > 0 AND location > 0) AS held
