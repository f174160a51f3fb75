SELECT device, last_contact
FROM device
WHERE site = ?1 AND secret_hash = ?2 AND revoked = 0
