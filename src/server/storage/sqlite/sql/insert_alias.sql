INSERT INTO alias (site, device, epoch, seq, hash, stream_seq)
VALUES (?1, ?2, ?3, ?4, ?5, ?6)
