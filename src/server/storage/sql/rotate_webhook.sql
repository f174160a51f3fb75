UPDATE webhook
SET old_secret = secret, old_until = ?4, secret = ?3
WHERE site = ?1 AND name = ?2
