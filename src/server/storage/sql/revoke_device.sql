UPDATE device
SET revoked = 1
WHERE site = ?1 AND device = ?2 AND revoked = 0
