UPDATE webhook
SET seq = ?4, part = 0, lease_until = ?5
WHERE site = ?1 AND name = ?2 AND lease = ?3
