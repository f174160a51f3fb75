INSERT INTO control (site, stream_seq, site_seq, stream_hash)
VALUES (?1, ?2, ?3, ?4)
