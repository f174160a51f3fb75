-- Keys of programs: only the hash is stored. A name is used once, so that the audit trail stays clear.
CREATE TABLE api_key (
  site      BIGINT NOT NULL,
  name      TEXT   NOT NULL,
  key_hash  BYTEA  NOT NULL,
  scopes    TEXT   NOT NULL,
  created   BIGINT NOT NULL,
  expires   BIGINT,
  revoked   BIGINT,
  last_used BIGINT,
  PRIMARY KEY (site, name),
  UNIQUE (site, key_hash)
);
