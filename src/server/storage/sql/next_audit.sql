INSERT INTO audit_head (site, n, hash)
VALUES (?1, 1, ?2)
ON CONFLICT (site) DO UPDATE SET n = audit_head.n + 1
RETURNING n, hash
