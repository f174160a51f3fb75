SELECT url, topics, secret, old_secret, old_until, seq, part, ping, failures, failing_since
FROM webhook
WHERE site = ?1 AND name = ?2
