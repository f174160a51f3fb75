-- A device shows itself by a key that it made, not by a secret it was given. An older file gets a key that no server
-- knows: it must be enrolled again. `roots` are the certificates that it trusts, PEM; empty for plain http.
CREATE TABLE device_with_key (
  one          INTEGER PRIMARY KEY CHECK (one = 1),
  device       BLOB    NOT NULL CHECK (length(device) = 16),
  epoch        INTEGER NOT NULL,
  key          BLOB    NOT NULL CHECK (length(key) = 32),
  site         INTEGER NOT NULL,
  server_id    BLOB    NOT NULL CHECK (length(server_id) = 16),
  server_epoch BLOB    NOT NULL CHECK (length(server_epoch) = 16),
  server_url   TEXT    NOT NULL,
  roots        TEXT    NOT NULL,
  name         TEXT    NOT NULL
) STRICT;
INSERT INTO device_with_key (one, device, epoch, key, site, server_id, server_epoch, server_url, roots, name)
SELECT one, device, epoch, randomblob(32), site, server_id, server_epoch, server_url, '', name FROM device;
DROP TABLE device;
ALTER TABLE device_with_key RENAME TO device;
