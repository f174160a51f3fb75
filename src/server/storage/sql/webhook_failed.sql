UPDATE webhook
SET failures = ?4, failing_since = ?5, next_at = ?6, problem = ?7, disabled = ?8, lease = NULL, lease_until = 0
WHERE site = ?1 AND name = ?2 AND lease = ?3
