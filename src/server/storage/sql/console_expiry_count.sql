SELECT count(*)
FROM lot
WHERE site = ?1 AND good_to >= ?2 AND good_to < ?3 AND units > 0
