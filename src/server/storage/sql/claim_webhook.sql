UPDATE webhook
SET lease = ?3, lease_until = ?4
WHERE site = ?1 AND name = ?2 AND disabled IS NULL AND next_at <= ?5 AND lease_until <= ?5
