INSERT INTO change (site, item, lot, serial, location, hu, stream_seq, n, at, delta, kind, device)
{values}
