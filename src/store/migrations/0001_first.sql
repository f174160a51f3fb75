-- The handheld's file. Labels that are absent are '' (an absent lot number is NO_LOT of row.rs, which sorts last);
-- days are numbers since 1970-01-01 (in stock the keys of row.rs), instants milliseconds. `base` is the state at the server's cursor, `pending` what
-- this device's unsettled events add to it; shown is their sum.

CREATE TABLE device (
  one          INTEGER PRIMARY KEY CHECK (one = 1),
  device       BLOB    NOT NULL CHECK (length(device) = 16),
  epoch        INTEGER NOT NULL,
  secret       TEXT    NOT NULL,
  site         INTEGER NOT NULL,
  server_id    BLOB    NOT NULL CHECK (length(server_id) = 16),
  server_epoch BLOB    NOT NULL CHECK (length(server_epoch) = 16),
  server_url   TEXT    NOT NULL,
  name         TEXT    NOT NULL
) STRICT;

-- `acked_through` and `backed_up_through` are sequences of the present epoch: what comes after `acked_through` waits to be sent.
CREATE TABLE contact (
  one               INTEGER PRIMARY KEY CHECK (one = 1),
  last_contact      INTEGER,
  skew_ms           INTEGER,
  problem           TEXT,
  problem_at        INTEGER,
  acked_through     INTEGER NOT NULL DEFAULT 0,
  backed_up_through INTEGER NOT NULL DEFAULT 0
) STRICT;
INSERT INTO contact (one) VALUES (1);

-- `stale` says that the server was restored: what was read before is replaced by the next page or snapshot.
CREATE TABLE cursor (
  stream TEXT    PRIMARY KEY CHECK (stream IN ('control', 'master', 'site')),
  seq    INTEGER NOT NULL DEFAULT 0,
  hash   BLOB    NOT NULL DEFAULT (zeroblob(32)) CHECK (length(hash) = 32),
  as_of  INTEGER,
  stale  INTEGER NOT NULL DEFAULT 0 CHECK (stale IN (0, 1))
) STRICT, WITHOUT ROWID;
INSERT INTO cursor (stream) VALUES ('control'), ('master'), ('site');

-- This device's own events, in the order of their confirmation. The latest row is kept for ever, so that neither `n`
-- nor `seq` is ever given twice.
CREATE TABLE event (
  n          INTEGER PRIMARY KEY,
  epoch      INTEGER NOT NULL,
  seq        INTEGER NOT NULL,
  id         BLOB    NOT NULL UNIQUE CHECK (length(id) = 16),
  hash       BLOB    NOT NULL CHECK (length(hash) = 32),
  bytes      TEXT    NOT NULL,
  operator   INTEGER NOT NULL,
  at         INTEGER NOT NULL,
  verdict    TEXT    CHECK (verdict IN ('accepted', 'flagged', 'quarantined', 'refused')),
  reason     TEXT,
  backed_up  INTEGER NOT NULL DEFAULT 0,
  UNIQUE (epoch, seq)
) STRICT;
CREATE INDEX event_trouble ON event (n) WHERE verdict IN ('flagged', 'quarantined', 'refused');

-- Events whose effects are still pending: not sent yet, or sent and not yet come back in the site's stream, where the
-- server has said that they stand at `stream_seq`.
CREATE TABLE outbox (
  n          INTEGER PRIMARY KEY REFERENCES event (n),
  stream_seq INTEGER
) STRICT;

-- Entries of the site's stream of a kind that this program is too old to know: replayed after an upgrade.
CREATE TABLE unread (
  stream_seq INTEGER PRIMARY KEY,
  bytes      TEXT    NOT NULL
) STRICT;

-- Master data: the newest record of an id, as the server wrote it, and the columns it is found by.
CREATE TABLE site (
  id     INTEGER PRIMARY KEY,
  record TEXT    NOT NULL
) STRICT;
CREATE TABLE item (
  id     INTEGER PRIMARY KEY,
  code   TEXT    NOT NULL,
  record TEXT    NOT NULL
) STRICT;
CREATE INDEX item_code ON item (code);
CREATE TABLE pack (
  gtin INTEGER NOT NULL,
  item INTEGER NOT NULL REFERENCES item (id),
  PRIMARY KEY (gtin, item)
) STRICT, WITHOUT ROWID;
CREATE INDEX pack_item ON pack (item);
CREATE TABLE location (
  id     INTEGER PRIMARY KEY,
  code   TEXT    NOT NULL,
  kind   TEXT    NOT NULL,
  zone   TEXT    NOT NULL,
  walk   INTEGER NOT NULL,
  active INTEGER NOT NULL,
  record TEXT    NOT NULL
) STRICT;
CREATE INDEX location_code ON location (code);
CREATE INDEX location_walk ON location (kind, walk, zone) WHERE active = 1;
CREATE TABLE party (
  id     INTEGER PRIMARY KEY,
  name   TEXT    NOT NULL,
  record TEXT    NOT NULL
) STRICT;
CREATE TABLE orders (
  id        INTEGER PRIMARY KEY,
  number    TEXT    NOT NULL,
  direction TEXT    NOT NULL,
  due       INTEGER NOT NULL,
  status    TEXT    NOT NULL,
  record    TEXT    NOT NULL
) STRICT;
CREATE INDEX orders_number ON orders (number);
CREATE INDEX orders_open ON orders (direction, due, number) WHERE status = 'open';
CREATE TABLE user (
  id     INTEGER PRIMARY KEY,
  badge  TEXT    NOT NULL,
  record TEXT    NOT NULL
) STRICT;
CREATE INDEX user_badge ON user (badge);

-- Passports: what labels said of a lot, the first one first, later ones where it left something open. Where this
-- device's unsettled events said something that the server's stream has not, `settled` is 0 and `base` is what the
-- stream alone says (JSON; NULL for nothing).
CREATE TABLE lot (
  item         INTEGER NOT NULL,
  lot          TEXT    NOT NULL,
  expiry       INTEGER,
  best_before  INTEGER,
  produced     INTEGER,
  received     INTEGER NOT NULL,
  settled      INTEGER NOT NULL,
  supplier_lot TEXT,
  vintage      TEXT,
  origin       TEXT,
  base         TEXT,
  PRIMARY KEY (item, lot)
) STRICT, WITHOUT ROWID;

CREATE TABLE lot_said (
  id     INTEGER PRIMARY KEY,
  item   INTEGER NOT NULL,
  lot    TEXT    NOT NULL,
  event  BLOB    NOT NULL,
  record TEXT    NOT NULL
) STRICT;
CREATE INDEX lot_said_lot ON lot_said (item, lot);

-- Balances at real locations, clustered in the order of the first-expiry rule, so that the next suggestion is a range
-- read. The dates and the walk are copies; they are re-keyed when a lot's facts or a location's walk change.
CREATE TABLE stock (
  item        INTEGER NOT NULL,
  expiry      INTEGER NOT NULL,
  best_before INTEGER NOT NULL,
  produced    INTEGER NOT NULL,
  received    INTEGER NOT NULL,
  walk        INTEGER NOT NULL,
  lot         TEXT    NOT NULL,
  location    INTEGER NOT NULL,
  hu          TEXT    NOT NULL,
  serial      TEXT    NOT NULL,
  base        INTEGER NOT NULL,
  pending     INTEGER NOT NULL,
  since       INTEGER NOT NULL,
  PRIMARY KEY (item, expiry, best_before, produced, received, walk, lot, location, hu, serial)
) STRICT, WITHOUT ROWID;
CREATE INDEX stock_location ON stock (location);
CREATE INDEX stock_pending ON stock (location) WHERE pending <> 0;
CREATE INDEX stock_hu ON stock (hu) WHERE hu <> '';
CREATE INDEX stock_serial ON stock (serial, item) WHERE serial <> '';

-- Locations without any row in stock: the first empty place is found without a look at the full ones.
CREATE TABLE vacant (
  location INTEGER PRIMARY KEY
) STRICT;

CREATE TABLE progress (
  order_id INTEGER NOT NULL,
  line     INTEGER NOT NULL,
  item     INTEGER NOT NULL,
  lot      TEXT    NOT NULL,
  serial   TEXT    NOT NULL,
  stage    INTEGER NOT NULL CHECK (stage BETWEEN 0 AND 3),
  base     INTEGER NOT NULL,
  pending  INTEGER NOT NULL,
  PRIMARY KEY (order_id, line, item, lot, serial, stage)
) STRICT, WITHOUT ROWID;

-- Closings less re-openings; closed while the sum is above zero.
CREATE TABLE order_closed (
  order_id INTEGER PRIMARY KEY,
  base     INTEGER NOT NULL DEFAULT 0,
  pending  INTEGER NOT NULL DEFAULT 0
) STRICT;

-- Where lots came from: one row for each receipt (or undo of one) of a lot, in the lot's order, without a second index.
-- What came with an order is found by its progress.
CREATE TABLE origin (
  item     INTEGER NOT NULL,
  lot      TEXT    NOT NULL,
  event    BLOB    NOT NULL,
  settled  INTEGER NOT NULL,
  supplier INTEGER,
  order_id INTEGER,
  quantity INTEGER NOT NULL,
  at       INTEGER NOT NULL,
  PRIMARY KEY (item, lot, event, settled)
) STRICT, WITHOUT ROWID;

CREATE TABLE destination (
  id       INTEGER PRIMARY KEY,
  item     INTEGER NOT NULL,
  lot      TEXT    NOT NULL,
  serial   TEXT    NOT NULL,
  event    BLOB    NOT NULL,
  order_id INTEGER NOT NULL,
  line     INTEGER,
  customer INTEGER NOT NULL,
  quantity INTEGER NOT NULL,
  at       INTEGER NOT NULL,
  settled  INTEGER NOT NULL
) STRICT;
CREATE INDEX destination_lot ON destination (item, lot);
CREATE INDEX destination_order ON destination (order_id);

-- Stops. `target` is what is stopped as a text that is equal for equal targets. `stale`: the server was restored and
-- has not repeated this stop yet; until it has told everything, the stop stays.
CREATE TABLE hold (
  event   BLOB    PRIMARY KEY,
  target  TEXT    NOT NULL,
  grave   INTEGER NOT NULL,
  record  TEXT    NOT NULL,
  at      INTEGER NOT NULL,
  settled INTEGER NOT NULL,
  ended   INTEGER NOT NULL,
  stale   INTEGER NOT NULL DEFAULT 0
) STRICT, WITHOUT ROWID;
CREATE INDEX hold_open ON hold (target, grave) WHERE ended = 0;

-- Ends of stops that the server agreed to; a row may come before its stop.
CREATE TABLE hold_end (
  hold  BLOB    PRIMARY KEY,
  stale INTEGER NOT NULL DEFAULT 0
) STRICT, WITHOUT ROWID;

-- This device's wishes to end a stop, until the server has decided.
CREATE TABLE release_wish (
  event BLOB PRIMARY KEY,
  hold  BLOB NOT NULL
) STRICT, WITHOUT ROWID;

-- Events that were taken back, and by which undo: a second undo of the same event has no effect.
CREATE TABLE undone (
  event   BLOB    PRIMARY KEY,
  by      BLOB    NOT NULL,
  at      INTEGER NOT NULL,
  settled INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
CREATE INDEX undone_by ON undone (by) WHERE settled = 0;

-- What this device remembers besides events. Nothing here was called saved: work that was cut short, one row for each
-- operator (JSON of the screens); wrong PINs in a row; choices such as the language.
CREATE TABLE unfinished (
  operator INTEGER PRIMARY KEY,
  at       INTEGER NOT NULL,
  record   TEXT    NOT NULL
) STRICT;
CREATE TABLE pin_try (
  operator INTEGER PRIMARY KEY,
  wrong    INTEGER NOT NULL,
  until    INTEGER NOT NULL
) STRICT;
CREATE TABLE setting (
  name  TEXT PRIMARY KEY,
  value TEXT NOT NULL
) STRICT, WITHOUT ROWID;
