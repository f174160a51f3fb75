SELECT device, epoch, secret, site, server_id, server_epoch, server_url, name FROM device
