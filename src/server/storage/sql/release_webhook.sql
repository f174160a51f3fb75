UPDATE webhook
SET lease = NULL, lease_until = 0
WHERE site = ?1 AND name = ?2 AND lease = ?3
