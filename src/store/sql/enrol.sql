INSERT OR REPLACE INTO device (one, device, epoch, key, site, server_id, server_epoch, server_url, roots, name)
VALUES (1, ?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9)
