INSERT INTO chain (site, device, epoch, last_seq, last_hash, signature)
VALUES (?1, ?2, ?3, ?4, ?5, ?6)
ON CONFLICT (site, device, epoch) DO UPDATE
SET last_seq = excluded.last_seq, last_hash = excluded.last_hash, signature = excluded.signature
