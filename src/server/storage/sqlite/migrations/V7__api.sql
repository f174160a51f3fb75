-- Keys of programs: only the hash is stored. A name is used once, so that the audit trail stays clear.
CREATE TABLE api_key (
  site      INTEGER NOT NULL,
  name      TEXT    NOT NULL,
  key_hash  BLOB    NOT NULL,
  scopes    TEXT    NOT NULL,
  created   INTEGER NOT NULL,
  expires   INTEGER,
  revoked   INTEGER,
  last_used INTEGER,
  PRIMARY KEY (site, name),
  UNIQUE (site, key_hash)
) STRICT, WITHOUT ROWID;
