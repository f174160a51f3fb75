INSERT INTO change (site, item, lot, serial, location, hu, stream_seq, n, at, delta, kind, device)
VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12)
