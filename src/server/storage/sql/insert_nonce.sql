INSERT INTO nonce (site, device, time, nonce)
VALUES (?1, ?2, ?3, ?4)
ON CONFLICT (site, device, time, nonce) DO NOTHING
