INSERT OR REPLACE INTO heard (epoch, seq, hash)
SELECT server_epoch, ?1, ?2 FROM device
