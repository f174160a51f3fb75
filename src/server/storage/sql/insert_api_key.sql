INSERT INTO api_key (site, name, key_hash, scopes, created, expires)
VALUES (?1, ?2, ?3, ?4, ?5, ?6)
ON CONFLICT (site, name) DO NOTHING
