SELECT public_key, revoked
FROM device
WHERE site = ?1 AND device = ?2
