UPDATE api_key
SET last_used = ?3
WHERE site = ?1 AND name = ?2
