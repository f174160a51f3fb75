INSERT INTO fork (site, device, epoch, seq, hash, bytes, received)
{values}
ON CONFLICT (site, device, epoch, seq, hash) DO NOTHING
