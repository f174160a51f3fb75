INSERT INTO chain (site, device, epoch, last_seq, last_hash, signature)
{values}
ON CONFLICT (site, device, epoch) DO UPDATE
SET last_seq = excluded.last_seq, last_hash = excluded.last_hash, signature = excluded.signature
