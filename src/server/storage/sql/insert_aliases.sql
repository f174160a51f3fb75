INSERT INTO alias (site, device, epoch, seq, hash, stream_seq)
{values}
