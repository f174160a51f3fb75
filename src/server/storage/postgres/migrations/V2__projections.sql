-- What the ledger adds up to; `firstout-server verify` compares it with the fold from zero.
-- An absent lot, serial or handling unit is '': labels are never empty.

CREATE TABLE stock (
  site     BIGINT NOT NULL,
  item     BIGINT NOT NULL,
  lot      TEXT    NOT NULL,
  serial   TEXT    NOT NULL,
  location BIGINT NOT NULL,
  hu       TEXT    NOT NULL,
  units    BIGINT NOT NULL,
  since    BIGINT NOT NULL,
  PRIMARY KEY (site, item, lot, serial, location, hu)
);

-- Each event at each balance, for checks that look back: who took the last one, what a counter could not
-- know. Virtual places are left out. kind: 0 other, 1 count, 2 taken for an order.
CREATE TABLE change (
  site       BIGINT NOT NULL,
  item       BIGINT NOT NULL,
  lot        TEXT    NOT NULL,
  serial     TEXT    NOT NULL,
  location   BIGINT NOT NULL,
  hu         TEXT    NOT NULL,
  stream_seq BIGINT NOT NULL,
  n          BIGINT NOT NULL,
  at         BIGINT NOT NULL,
  delta      BIGINT NOT NULL,
  kind       BIGINT NOT NULL,
  device     UUID    NOT NULL,
  PRIMARY KEY (site, item, lot, serial, location, hu, stream_seq, n)
);

CREATE INDEX change_count ON change (site, item, lot, serial, location, hu, at) WHERE kind = 1;
CREATE INDEX change_counted ON change (site, at) WHERE kind = 1;
CREATE INDEX change_sale_location ON change (site, location, at) WHERE kind = 2;
CREATE INDEX change_sale_hu ON change (site, hu, at) WHERE kind = 2 AND hu <> '';

CREATE TABLE lot (
  site     BIGINT NOT NULL,
  item     BIGINT NOT NULL,
  lot      TEXT    NOT NULL,
  event_id UUID    NOT NULL,
  received BIGINT NOT NULL,
  facts    TEXT    NOT NULL,
  PRIMARY KEY (site, item, lot)
);

CREATE TABLE origin (
  site     BIGINT NOT NULL,
  item     BIGINT NOT NULL,
  lot      TEXT    NOT NULL,
  event_id UUID    NOT NULL,
  supplier BIGINT,
  order_id BIGINT,
  units    BIGINT NOT NULL,
  at       BIGINT NOT NULL,
  PRIMARY KEY (site, item, lot, event_id)
);

-- `line` is -1 where the event names none.
CREATE TABLE destination (
  site     BIGINT NOT NULL,
  item     BIGINT NOT NULL,
  lot      TEXT    NOT NULL,
  event_id UUID    NOT NULL,
  serial   TEXT    NOT NULL,
  line     BIGINT NOT NULL,
  order_id BIGINT NOT NULL,
  customer BIGINT NOT NULL,
  units    BIGINT NOT NULL,
  at       BIGINT NOT NULL,
  PRIMARY KEY (site, item, lot, event_id, serial, line)
);

CREATE TABLE progress (
  site       BIGINT NOT NULL,
  order_id   BIGINT NOT NULL,
  line       BIGINT NOT NULL,
  item       BIGINT NOT NULL,
  lot        TEXT    NOT NULL,
  serial     TEXT    NOT NULL,
  received   BIGINT NOT NULL DEFAULT 0,
  picked     BIGINT NOT NULL DEFAULT 0,
  dispatched BIGINT NOT NULL DEFAULT 0,
  short      BIGINT NOT NULL DEFAULT 0,
  PRIMARY KEY (site, order_id, line, item, lot, serial)
);

-- `target` is the target's canonical JSON, so that what stops a lot, a place or a handling unit is one
-- look-up. `ended` is 1 where `hold_end` has a row.
CREATE TABLE hold (
  site     BIGINT NOT NULL,
  event_id UUID    NOT NULL,
  target   TEXT    NOT NULL,
  hold     TEXT    NOT NULL,
  operator BIGINT NOT NULL,
  at       BIGINT NOT NULL,
  ended    BIGINT NOT NULL CHECK (ended IN (0, 1)),
  PRIMARY KEY (site, event_id)
);

CREATE INDEX hold_open ON hold (site, target) WHERE ended = 0;

-- Ends come apart from holds: after a restore the two may arrive in either order.
CREATE TABLE hold_end (
  site     BIGINT NOT NULL,
  event_id UUID    NOT NULL,
  PRIMARY KEY (site, event_id)
);

-- Closings less the ones that were undone.
CREATE TABLE closing (
  site     BIGINT NOT NULL,
  order_id BIGINT NOT NULL,
  times    BIGINT NOT NULL,
  PRIMARY KEY (site, order_id)
);

CREATE TABLE undone (
  site     BIGINT NOT NULL,
  event_id UUID    NOT NULL,
  undo     UUID    NOT NULL,
  PRIMARY KEY (site, event_id)
);

-- `identity` is the same on every replay, so that one thing is reported once; `stream_seq` is 0 for alarms
-- that no entry carries.
CREATE TABLE discrepancy (
  site       BIGINT NOT NULL,
  identity   TEXT    NOT NULL,
  stream_seq BIGINT NOT NULL,
  kind       TEXT    NOT NULL,
  detail     TEXT    NOT NULL,
  opened     BIGINT NOT NULL,
  closed     BIGINT,
  PRIMARY KEY (site, identity)
);

CREATE INDEX discrepancy_open ON discrepancy (site, opened) WHERE closed IS NULL;
