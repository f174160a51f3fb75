UPDATE webhook
SET disabled = ?3, lease = NULL, lease_until = 0
WHERE site = ?1 AND name = ?2
