INSERT INTO chain (site, device, epoch, last_seq, last_hash)
VALUES (?1, ?2, ?3, ?4, ?5)
ON CONFLICT (site, device, epoch) DO UPDATE SET last_seq = excluded.last_seq, last_hash = excluded.last_hash
