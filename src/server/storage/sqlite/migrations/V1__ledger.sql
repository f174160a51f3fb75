-- The site comes first in every key, order comes from `stream.next_seq` alone, and there are no triggers: the
-- same shape runs on PostgreSQL and on engines that spread it by site.

CREATE TABLE server (
  id           INTEGER PRIMARY KEY CHECK (id = 1),
  server_id    BLOB NOT NULL,
  server_epoch BLOB NOT NULL
) STRICT;

CREATE TABLE stream (
  site             INTEGER NOT NULL,
  name             TEXT    NOT NULL CHECK (name IN ('control', 'master', 'site')),
  next_seq         INTEGER NOT NULL DEFAULT 1,
  head_hash        BLOB    NOT NULL,
  backed_up_before INTEGER NOT NULL DEFAULT 1,
  PRIMARY KEY (site, name)
) STRICT, WITHOUT ROWID;

CREATE TABLE device (
  site         INTEGER NOT NULL,
  device       BLOB    NOT NULL,
  name         TEXT    NOT NULL,
  secret_hash  BLOB    NOT NULL,
  enrolled     INTEGER NOT NULL,
  revoked      INTEGER NOT NULL DEFAULT 0 CHECK (revoked IN (0, 1)),
  epoch        INTEGER NOT NULL DEFAULT 1,
  reported_seq INTEGER NOT NULL DEFAULT 0,
  last_contact INTEGER NOT NULL DEFAULT 0,
  skew_ms      INTEGER NOT NULL DEFAULT 0,
  PRIMARY KEY (site, device),
  UNIQUE (site, secret_hash)
) STRICT, WITHOUT ROWID;

CREATE TABLE enrolment (
  site       INTEGER NOT NULL,
  token_hash BLOB    NOT NULL,
  name       TEXT    NOT NULL,
  expires    INTEGER NOT NULL,
  device     BLOB,
  PRIMARY KEY (site, token_hash)
) STRICT, WITHOUT ROWID;

-- How far a device's chain is here, for each of its epochs.
CREATE TABLE chain (
  site      INTEGER NOT NULL,
  device    BLOB    NOT NULL,
  epoch     INTEGER NOT NULL,
  last_seq  INTEGER NOT NULL,
  last_hash BLOB    NOT NULL,
  PRIMARY KEY (site, device, epoch)
) STRICT, WITHOUT ROWID;

-- The ledger. `event_id` is empty where the bytes cannot be read, or claim an id that other bytes have.
CREATE TABLE event (
  site        INTEGER NOT NULL,
  stream_seq  INTEGER NOT NULL,
  event_id    BLOB,
  device      BLOB    NOT NULL,
  epoch       INTEGER NOT NULL,
  seq         INTEGER NOT NULL,
  status      INTEGER NOT NULL,
  reason      TEXT    NOT NULL DEFAULT '',
  kind        TEXT    NOT NULL DEFAULT '',
  received    INTEGER NOT NULL,
  skew_ms     INTEGER NOT NULL,
  bytes       TEXT    NOT NULL,
  hash        BLOB    NOT NULL,
  stream_hash BLOB    NOT NULL,
  PRIMARY KEY (site, stream_seq),
  UNIQUE (site, event_id),
  UNIQUE (site, device, epoch, seq)
) STRICT;

-- Events that a device sent again under a new sequence (after a re-enrolment or a new epoch): they are in the
-- ledger once, under their first one.
CREATE TABLE alias (
  site       INTEGER NOT NULL,
  device     BLOB    NOT NULL,
  epoch      INTEGER NOT NULL,
  seq        INTEGER NOT NULL,
  hash       BLOB    NOT NULL,
  stream_seq INTEGER NOT NULL,
  PRIMARY KEY (site, device, epoch, seq)
) STRICT, WITHOUT ROWID;

-- Other bytes for a (device, epoch, seq) that is taken: kept as evidence, outside the ledger, so that the
-- event may come again under the device's next epoch.
CREATE TABLE fork (
  site     INTEGER NOT NULL,
  device   BLOB    NOT NULL,
  epoch    INTEGER NOT NULL,
  seq      INTEGER NOT NULL,
  hash     BLOB    NOT NULL,
  bytes    TEXT    NOT NULL,
  received INTEGER NOT NULL,
  PRIMARY KEY (site, device, epoch, seq, hash)
) STRICT;

CREATE TABLE control (
  site        INTEGER NOT NULL,
  stream_seq  INTEGER NOT NULL,
  site_seq    INTEGER NOT NULL,
  stream_hash BLOB    NOT NULL,
  PRIMARY KEY (site, stream_seq)
) STRICT, WITHOUT ROWID;

CREATE TABLE master (
  site        INTEGER NOT NULL,
  stream_seq  INTEGER NOT NULL,
  kind        TEXT    NOT NULL,
  id          INTEGER NOT NULL,
  bytes       TEXT    NOT NULL,
  stream_hash BLOB    NOT NULL,
  PRIMARY KEY (site, stream_seq)
) STRICT;

-- The newest entry of each record.
CREATE TABLE record (
  site       INTEGER NOT NULL,
  kind       TEXT    NOT NULL,
  id         INTEGER NOT NULL,
  stream_seq INTEGER NOT NULL,
  PRIMARY KEY (site, kind, id)
) STRICT, WITHOUT ROWID;
