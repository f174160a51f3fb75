UPDATE webhook
SET disabled = NULL, failures = 0, failing_since = NULL, next_at = 0, problem = ''
WHERE site = ?1 AND name = ?2
