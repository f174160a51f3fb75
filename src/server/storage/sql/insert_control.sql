INSERT INTO control (site, stream_seq, site_seq, stream_hash)
{values}
