SELECT min(id)
FROM record
WHERE site = ?1 AND kind = ?2 AND code = ?3
