UPDATE api_key
SET revoked = ?3
WHERE site = ?1 AND name = ?2 AND revoked IS NULL
