-- Where news of a site is sent. Everything up to `seq` was delivered or not asked for, and of the entry behind it the first
-- `part` messages. One process at a time holds the lease; what it holds runs out by itself. The secret is kept as it is,
-- because the server signs with it.
CREATE TABLE webhook (
  site          BIGINT  NOT NULL,
  name          TEXT    NOT NULL,
  url           TEXT    NOT NULL,
  topics        TEXT    NOT NULL,
  secret        TEXT    NOT NULL,
  old_secret    TEXT    NOT NULL DEFAULT '',
  old_until     BIGINT  NOT NULL DEFAULT 0,
  created       BIGINT  NOT NULL,
  seq           BIGINT  NOT NULL,
  part          BIGINT  NOT NULL DEFAULT 0,
  ping          BIGINT  NOT NULL DEFAULT 0,
  failures      BIGINT  NOT NULL DEFAULT 0,
  failing_since BIGINT,
  next_at       BIGINT  NOT NULL DEFAULT 0,
  problem       TEXT    NOT NULL DEFAULT '',
  delivered     BIGINT,
  disabled      BIGINT,
  lease         UUID,
  lease_until   BIGINT  NOT NULL DEFAULT 0,
  PRIMARY KEY (site, name)
);

CREATE INDEX discrepancy_entry ON discrepancy (site, stream_seq);
