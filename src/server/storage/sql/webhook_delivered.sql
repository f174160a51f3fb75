UPDATE webhook
SET
  seq = ?4, part = ?5, ping = CASE WHEN ping = ?6 THEN 0 ELSE ping END, delivered = ?7, lease_until = ?8,
  failures = 0, failing_since = NULL, next_at = 0, problem = ''
WHERE site = ?1 AND name = ?2 AND lease = ?3
