-- The site comes first in every key, order comes from `stream.next_seq` alone, and there are no triggers: the
-- same shape runs on PostgreSQL and on engines that spread it by site.

CREATE TABLE server (
  id           BIGINT PRIMARY KEY CHECK (id = 1),
  server_id    UUID NOT NULL,
  server_epoch UUID NOT NULL
);

CREATE TABLE stream (
  site             BIGINT NOT NULL,
  name             TEXT    NOT NULL CHECK (name IN ('control', 'master', 'site')),
  next_seq         BIGINT NOT NULL DEFAULT 1,
  head_hash        BYTEA    NOT NULL,
  backed_up_before BIGINT NOT NULL DEFAULT 1,
  PRIMARY KEY (site, name)
);

CREATE TABLE device (
  site         BIGINT NOT NULL,
  device       UUID    NOT NULL,
  name         TEXT    NOT NULL,
  secret_hash  BYTEA    NOT NULL,
  enrolled     BIGINT NOT NULL,
  revoked      BIGINT NOT NULL DEFAULT 0 CHECK (revoked IN (0, 1)),
  epoch        BIGINT NOT NULL DEFAULT 1,
  reported_seq BIGINT NOT NULL DEFAULT 0,
  last_contact BIGINT NOT NULL DEFAULT 0,
  skew_ms      BIGINT NOT NULL DEFAULT 0,
  PRIMARY KEY (site, device),
  UNIQUE (site, secret_hash)
);

CREATE TABLE enrolment (
  site       BIGINT NOT NULL,
  token_hash BYTEA    NOT NULL,
  name       TEXT    NOT NULL,
  expires    BIGINT NOT NULL,
  device     UUID,
  PRIMARY KEY (site, token_hash)
);

-- How far a device's chain is here, for each of its epochs.
CREATE TABLE chain (
  site      BIGINT NOT NULL,
  device    UUID    NOT NULL,
  epoch     BIGINT NOT NULL,
  last_seq  BIGINT NOT NULL,
  last_hash BYTEA    NOT NULL,
  PRIMARY KEY (site, device, epoch)
);

-- The ledger. `event_id` is empty where the bytes cannot be read, or claim an id that other bytes have.
CREATE TABLE event (
  site        BIGINT NOT NULL,
  stream_seq  BIGINT NOT NULL,
  event_id    UUID,
  device      UUID    NOT NULL,
  epoch       BIGINT NOT NULL,
  seq         BIGINT NOT NULL,
  status      BIGINT NOT NULL,
  reason      TEXT    NOT NULL DEFAULT '',
  kind        TEXT    NOT NULL DEFAULT '',
  received    BIGINT NOT NULL,
  skew_ms     BIGINT NOT NULL,
  bytes       BYTEA    NOT NULL,
  hash        BYTEA    NOT NULL,
  stream_hash BYTEA    NOT NULL,
  PRIMARY KEY (site, stream_seq),
  UNIQUE (site, event_id),
  UNIQUE (site, device, epoch, seq)
);

-- Events that a device sent again under a new sequence (after a re-enrolment or a new epoch): they are in the
-- ledger once, under their first one.
CREATE TABLE alias (
  site       BIGINT NOT NULL,
  device     UUID    NOT NULL,
  epoch      BIGINT NOT NULL,
  seq        BIGINT NOT NULL,
  hash       BYTEA    NOT NULL,
  stream_seq BIGINT NOT NULL,
  PRIMARY KEY (site, device, epoch, seq)
);

-- Other bytes for a (device, epoch, seq) that is taken: kept as evidence, outside the ledger, so that the
-- event may come again under the device's next epoch.
CREATE TABLE fork (
  site     BIGINT NOT NULL,
  device   UUID    NOT NULL,
  epoch    BIGINT NOT NULL,
  seq      BIGINT NOT NULL,
  hash     BYTEA    NOT NULL,
  bytes    BYTEA    NOT NULL,
  received BIGINT NOT NULL,
  PRIMARY KEY (site, device, epoch, seq, hash)
);

CREATE TABLE control (
  site        BIGINT NOT NULL,
  stream_seq  BIGINT NOT NULL,
  site_seq    BIGINT NOT NULL,
  stream_hash BYTEA    NOT NULL,
  PRIMARY KEY (site, stream_seq)
);

CREATE TABLE master (
  site        BIGINT NOT NULL,
  stream_seq  BIGINT NOT NULL,
  kind        TEXT    NOT NULL,
  id          BIGINT NOT NULL,
  bytes       TEXT    NOT NULL,
  stream_hash BYTEA    NOT NULL,
  PRIMARY KEY (site, stream_seq)
);

-- The newest entry of each record.
CREATE TABLE record (
  site       BIGINT NOT NULL,
  kind       TEXT    NOT NULL,
  id         BIGINT NOT NULL,
  stream_seq BIGINT NOT NULL,
  PRIMARY KEY (site, kind, id)
);
