INSERT INTO master (site, stream_seq, kind, id, bytes, stream_hash)
VALUES (?1, ?2, ?3, ?4, ?5, ?6)
