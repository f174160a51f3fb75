-- A device shows itself by a key that it made. One that was enrolled before has none (zeros verify nothing) and must be
-- enrolled anew; its events keep its name.
CREATE TABLE device_with_key (
  site         INTEGER NOT NULL,
  device       BLOB    NOT NULL,
  name         TEXT    NOT NULL,
  public_key   BLOB    NOT NULL,
  enrolled     INTEGER NOT NULL,
  revoked      INTEGER NOT NULL DEFAULT 0 CHECK (revoked IN (0, 1)),
  epoch        INTEGER NOT NULL DEFAULT 1,
  reported_seq INTEGER NOT NULL DEFAULT 0,
  last_contact INTEGER NOT NULL DEFAULT 0,
  skew_ms      INTEGER NOT NULL DEFAULT 0,
  PRIMARY KEY (site, device)
) STRICT, WITHOUT ROWID;

INSERT INTO device_with_key (
  site, device, name, public_key, enrolled, revoked, epoch, reported_seq, last_contact, skew_ms
)
SELECT site, device, name, zeroblob(32), enrolled, revoked, epoch, reported_seq, last_contact, skew_ms
FROM device;

DROP TABLE device;
ALTER TABLE device_with_key RENAME TO device;

-- The device's own word on its chain, up to its last event here.
ALTER TABLE chain ADD COLUMN signature BLOB;

-- Requests that were served, for as long as their time would let them in again.
CREATE TABLE nonce (
  site   INTEGER NOT NULL,
  device BLOB    NOT NULL,
  time   INTEGER NOT NULL,
  nonce  BLOB    NOT NULL,
  PRIMARY KEY (site, device, time, nonce)
) STRICT, WITHOUT ROWID;
