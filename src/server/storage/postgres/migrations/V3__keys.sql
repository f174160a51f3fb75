-- A device shows itself by a key that it made. One that was enrolled before has none (zeros verify nothing) and must be
-- enrolled anew; its events keep its name.
CREATE TABLE device_with_key (
  site         BIGINT NOT NULL,
  device       UUID    NOT NULL,
  name         TEXT    NOT NULL,
  public_key   BYTEA    NOT NULL,
  enrolled     BIGINT NOT NULL,
  revoked      BIGINT NOT NULL DEFAULT 0 CHECK (revoked IN (0, 1)),
  epoch        BIGINT NOT NULL DEFAULT 1,
  reported_seq BIGINT NOT NULL DEFAULT 0,
  last_contact BIGINT NOT NULL DEFAULT 0,
  skew_ms      BIGINT NOT NULL DEFAULT 0,
  PRIMARY KEY (site, device)
);

INSERT INTO device_with_key (
  site, device, name, public_key, enrolled, revoked, epoch, reported_seq, last_contact, skew_ms
)
SELECT site, device, name, decode(repeat('00', 32), 'hex'), enrolled, revoked, epoch, reported_seq, last_contact, skew_ms
FROM device;

DROP TABLE device;
ALTER TABLE device_with_key RENAME TO device;

-- The device's own word on its chain, up to its last event here.
ALTER TABLE chain ADD COLUMN signature BYTEA;

-- Requests that were served, for as long as their time would let them in again.
CREATE TABLE nonce (
  site   BIGINT NOT NULL,
  device UUID    NOT NULL,
  time   BIGINT NOT NULL,
  nonce  BYTEA    NOT NULL,
  PRIMARY KEY (site, device, time, nonce)
);
