INSERT INTO webhook (site, name, url, topics, secret, created, seq)
VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)
ON CONFLICT (site, name) DO NOTHING
