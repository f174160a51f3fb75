-- What the ledger adds up to; `firstout-server verify` compares it with the fold from zero.
-- An absent lot, serial or handling unit is '': labels are never empty.

CREATE TABLE stock (
  site     INTEGER NOT NULL,
  item     INTEGER NOT NULL,
  lot      TEXT    NOT NULL,
  serial   TEXT    NOT NULL,
  location INTEGER NOT NULL,
  hu       TEXT    NOT NULL,
  units    INTEGER NOT NULL,
  since    INTEGER NOT NULL,
  PRIMARY KEY (site, item, lot, serial, location, hu)
) STRICT, WITHOUT ROWID;

-- Each event at each balance, for checks that look back: who took the last one, what a counter could not
-- know. Virtual places are left out. kind: 0 other, 1 count, 2 taken for an order.
CREATE TABLE change (
  site       INTEGER NOT NULL,
  item       INTEGER NOT NULL,
  lot        TEXT    NOT NULL,
  serial     TEXT    NOT NULL,
  location   INTEGER NOT NULL,
  hu         TEXT    NOT NULL,
  stream_seq INTEGER NOT NULL,
  n          INTEGER NOT NULL,
  at         INTEGER NOT NULL,
  delta      INTEGER NOT NULL,
  kind       INTEGER NOT NULL,
  device     BLOB    NOT NULL,
  PRIMARY KEY (site, item, lot, serial, location, hu, stream_seq, n)
) STRICT, WITHOUT ROWID;

CREATE INDEX change_count ON change (site, item, lot, serial, location, hu, at) WHERE kind = 1;
CREATE INDEX change_counted ON change (site, at) WHERE kind = 1;
CREATE INDEX change_sale_location ON change (site, location, at) WHERE kind = 2;
CREATE INDEX change_sale_hu ON change (site, hu, at) WHERE kind = 2 AND hu <> '';

CREATE TABLE lot (
  site     INTEGER NOT NULL,
  item     INTEGER NOT NULL,
  lot      TEXT    NOT NULL,
  event_id BLOB    NOT NULL,
  received INTEGER NOT NULL,
  facts    TEXT    NOT NULL,
  PRIMARY KEY (site, item, lot)
) STRICT, WITHOUT ROWID;

CREATE TABLE origin (
  site     INTEGER NOT NULL,
  item     INTEGER NOT NULL,
  lot      TEXT    NOT NULL,
  event_id BLOB    NOT NULL,
  supplier INTEGER,
  order_id INTEGER,
  units    INTEGER NOT NULL,
  at       INTEGER NOT NULL,
  PRIMARY KEY (site, item, lot, event_id)
) STRICT, WITHOUT ROWID;

-- `line` is -1 where the event names none.
CREATE TABLE destination (
  site     INTEGER NOT NULL,
  item     INTEGER NOT NULL,
  lot      TEXT    NOT NULL,
  event_id BLOB    NOT NULL,
  serial   TEXT    NOT NULL,
  line     INTEGER NOT NULL,
  order_id INTEGER NOT NULL,
  customer INTEGER NOT NULL,
  units    INTEGER NOT NULL,
  at       INTEGER NOT NULL,
  PRIMARY KEY (site, item, lot, event_id, serial, line)
) STRICT, WITHOUT ROWID;

CREATE TABLE progress (
  site       INTEGER NOT NULL,
  order_id   INTEGER NOT NULL,
  line       INTEGER NOT NULL,
  item       INTEGER NOT NULL,
  lot        TEXT    NOT NULL,
  serial     TEXT    NOT NULL,
  received   INTEGER NOT NULL DEFAULT 0,
  picked     INTEGER NOT NULL DEFAULT 0,
  dispatched INTEGER NOT NULL DEFAULT 0,
  short      INTEGER NOT NULL DEFAULT 0,
  PRIMARY KEY (site, order_id, line, item, lot, serial)
) STRICT, WITHOUT ROWID;

-- `target` is the target's canonical JSON, so that what stops a lot, a place or a handling unit is one
-- look-up. `ended` is 1 where `hold_end` has a row.
CREATE TABLE hold (
  site     INTEGER NOT NULL,
  event_id BLOB    NOT NULL,
  target   TEXT    NOT NULL,
  hold     TEXT    NOT NULL,
  operator INTEGER NOT NULL,
  at       INTEGER NOT NULL,
  ended    INTEGER NOT NULL CHECK (ended IN (0, 1)),
  PRIMARY KEY (site, event_id)
) STRICT, WITHOUT ROWID;

CREATE INDEX hold_open ON hold (site, target) WHERE ended = 0;

-- Ends come apart from holds: after a restore the two may arrive in either order.
CREATE TABLE hold_end (
  site     INTEGER NOT NULL,
  event_id BLOB    NOT NULL,
  PRIMARY KEY (site, event_id)
) STRICT, WITHOUT ROWID;

-- Closings less the ones that were undone.
CREATE TABLE closing (
  site     INTEGER NOT NULL,
  order_id INTEGER NOT NULL,
  times    INTEGER NOT NULL,
  PRIMARY KEY (site, order_id)
) STRICT, WITHOUT ROWID;

CREATE TABLE undone (
  site     INTEGER NOT NULL,
  event_id BLOB    NOT NULL,
  undo     BLOB    NOT NULL,
  PRIMARY KEY (site, event_id)
) STRICT, WITHOUT ROWID;

-- `identity` is the same on every replay, so that one thing is reported once; `stream_seq` is 0 for alarms
-- that no entry carries.
CREATE TABLE discrepancy (
  site       INTEGER NOT NULL,
  identity   TEXT    NOT NULL,
  stream_seq INTEGER NOT NULL,
  kind       TEXT    NOT NULL,
  detail     TEXT    NOT NULL,
  opened     INTEGER NOT NULL,
  closed     INTEGER,
  PRIMARY KEY (site, identity)
) STRICT;

CREATE INDEX discrepancy_open ON discrepancy (site, opened) WHERE closed IS NULL;
