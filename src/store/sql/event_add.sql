INSERT INTO event (epoch, seq, id, hash, bytes, operator, at) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)
