-- People are records of the master stream; here is who is signed in at the console, and how often a PIN was wrong.
CREATE TABLE session (
  site       INTEGER NOT NULL,
  token_hash BLOB    NOT NULL,
  user_id    INTEGER NOT NULL,
  begun      INTEGER NOT NULL,
  seen       INTEGER NOT NULL,
  PRIMARY KEY (site, token_hash)
) STRICT, WITHOUT ROWID;

CREATE TABLE pin_try (
  site         INTEGER NOT NULL,
  user_id      INTEGER NOT NULL,
  wrong        INTEGER NOT NULL,
  locked_until INTEGER NOT NULL,
  PRIMARY KEY (site, user_id)
) STRICT, WITHOUT ROWID;

-- What administrators did, and what was done to the server: dense from 1 within a site (0: the server itself), each entry
-- chained to the one before. Nothing updates or deletes an entry.
CREATE TABLE audit (
  site  INTEGER NOT NULL,
  n     INTEGER NOT NULL,
  at    INTEGER NOT NULL,
  entry TEXT    NOT NULL,
  hash  BLOB    NOT NULL,
  PRIMARY KEY (site, n)
) STRICT;

CREATE INDEX audit_at ON audit (at);

-- The newest entry of each chain; its row lock makes the order.
CREATE TABLE audit_head (
  site INTEGER PRIMARY KEY,
  n    INTEGER NOT NULL,
  hash BLOB    NOT NULL
) STRICT;
