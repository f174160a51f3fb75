SELECT site, device, name, revoked
FROM device
WHERE name = ?1
ORDER BY site, device
