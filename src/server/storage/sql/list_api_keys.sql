SELECT site, name, scopes, created, expires, revoked, last_used
FROM api_key
ORDER BY site, name
