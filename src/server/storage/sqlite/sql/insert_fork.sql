INSERT INTO fork (site, device, epoch, seq, hash, bytes, received)
VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)
ON CONFLICT (site, device, epoch, seq, hash) DO NOTHING
