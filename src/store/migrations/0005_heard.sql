-- What the server was heard to say of the site's ledger: its chain at the newest entries that were read here. With a
-- checkpoint of the server's it shows whether others were told the same.
CREATE TABLE heard (
  epoch BLOB    NOT NULL CHECK (length(epoch) = 16),
  seq   INTEGER NOT NULL,
  hash  BLOB    NOT NULL CHECK (length(hash) = 32),
  PRIMARY KEY (epoch, seq)
) STRICT, WITHOUT ROWID;
-- What the server signs checkpoints with, as it said the first time.
ALTER TABLE contact ADD COLUMN checkpoint_key BLOB;
