-- The Merkle tree over the site's ledger, in the row of its counter: it grows in the statement that moves the counter.
-- Nothing where entries were written before; the server makes it good at its start.
ALTER TABLE stream ADD COLUMN tree BLOB;

-- What came before its lot was first named was not counted.
UPDATE lot
SET units = (
  SELECT coalesce(sum(s.units), 0)
  FROM stock s
  WHERE s.site = lot.site AND s.item = lot.item AND s.lot = lot.lot AND s.location >= 0
);
