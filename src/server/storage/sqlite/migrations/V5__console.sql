-- The console: what was signed off, and what pages look things up by.

CREATE TABLE sign_off (
  site     INTEGER NOT NULL,
  device   BLOB    NOT NULL,
  at       INTEGER NOT NULL,
  operator INTEGER NOT NULL,
  epoch    INTEGER NOT NULL,
  seq      INTEGER NOT NULL,
  PRIMARY KEY (site, device)
) STRICT, WITHOUT ROWID;

-- What records are found by: their code as it is, their name in small letters.
ALTER TABLE record ADD COLUMN code TEXT NOT NULL DEFAULT '';
ALTER TABLE record ADD COLUMN name TEXT NOT NULL DEFAULT '';
CREATE INDEX record_code ON record (site, kind, code);

-- Which lots expire when, and whether there is any of them left at a real place.
ALTER TABLE lot ADD COLUMN good_to INTEGER;
ALTER TABLE lot ADD COLUMN units INTEGER NOT NULL DEFAULT 0;
CREATE INDEX lot_good_to ON lot (site, good_to) WHERE units > 0;
CREATE INDEX lot_number ON lot (site, lot);

CREATE INDEX stock_location ON stock (site, location);
CREATE INDEX stock_hu ON stock (site, hu) WHERE hu <> '';
CREATE INDEX event_quarantined ON event (site, device) WHERE status = 2;
CREATE INDEX discrepancy_settled ON discrepancy (site, closed) WHERE closed IS NOT NULL;
