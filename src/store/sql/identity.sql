SELECT device, epoch, key, site, server_id, server_epoch, server_url, roots, name FROM device
