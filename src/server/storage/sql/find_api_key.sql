SELECT site, name, scopes, created, expires, revoked, last_used
FROM api_key
WHERE site = ?1 AND key_hash = ?2
