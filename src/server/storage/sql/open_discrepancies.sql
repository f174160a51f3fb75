INSERT INTO discrepancy (site, identity, stream_seq, kind, detail, opened)
{values}
ON CONFLICT (site, identity) DO NOTHING
