INSERT INTO discrepancy (site, identity, stream_seq, kind, detail, opened)
VALUES (?1, ?2, ?3, ?4, ?5, ?6)
ON CONFLICT (site, identity) DO NOTHING
