SELECT device, name
FROM device
WHERE site = ?1 AND lower(name) LIKE ?2 ESCAPE '\'
ORDER BY name
LIMIT ?3
