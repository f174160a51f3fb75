-- People are records of the master stream; here is who is signed in at the console, and how often a PIN was wrong.
CREATE TABLE session (
  site       BIGINT NOT NULL,
  token_hash BYTEA  NOT NULL,
  user_id    BIGINT NOT NULL,
  begun      BIGINT NOT NULL,
  seen       BIGINT NOT NULL,
  PRIMARY KEY (site, token_hash)
);

CREATE TABLE pin_try (
  site         BIGINT NOT NULL,
  user_id      BIGINT NOT NULL,
  wrong        BIGINT NOT NULL,
  locked_until BIGINT NOT NULL,
  PRIMARY KEY (site, user_id)
);

-- What administrators did, and what was done to the server: dense from 1 within a site (0: the server itself), each entry
-- chained to the one before. Nothing updates or deletes an entry.
CREATE TABLE audit (
  site  BIGINT NOT NULL,
  n     BIGINT NOT NULL,
  at    BIGINT NOT NULL,
  entry TEXT    NOT NULL,
  hash  BYTEA  NOT NULL,
  PRIMARY KEY (site, n)
);

CREATE INDEX audit_at ON audit (at);

-- The newest entry of each chain; its row lock makes the order.
CREATE TABLE audit_head (
  site BIGINT PRIMARY KEY,
  n    BIGINT NOT NULL,
  hash BYTEA  NOT NULL
);
