INSERT OR IGNORE INTO event (n, epoch, seq, id, hash, bytes, operator, at)
VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)
