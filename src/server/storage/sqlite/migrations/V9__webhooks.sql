-- Where news of a site is sent. Everything up to `seq` was delivered or not asked for, and of the entry behind it the first
-- `part` messages. One process at a time holds the lease; what it holds runs out by itself. The secret is kept as it is,
-- because the server signs with it.
CREATE TABLE webhook (
  site          INTEGER NOT NULL,
  name          TEXT    NOT NULL,
  url           TEXT    NOT NULL,
  topics        TEXT    NOT NULL,
  secret        TEXT    NOT NULL,
  old_secret    TEXT    NOT NULL DEFAULT '',
  old_until     INTEGER NOT NULL DEFAULT 0,
  created       INTEGER NOT NULL,
  seq           INTEGER NOT NULL,
  part          INTEGER NOT NULL DEFAULT 0,
  ping          INTEGER NOT NULL DEFAULT 0,
  failures      INTEGER NOT NULL DEFAULT 0,
  failing_since INTEGER,
  next_at       INTEGER NOT NULL DEFAULT 0,
  problem       TEXT    NOT NULL DEFAULT '',
  delivered     INTEGER,
  disabled      INTEGER,
  lease         BLOB,
  lease_until   INTEGER NOT NULL DEFAULT 0,
  PRIMARY KEY (site, name)
) STRICT, WITHOUT ROWID;

CREATE INDEX discrepancy_entry ON discrepancy (site, stream_seq);
