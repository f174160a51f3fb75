-- What was taken since a time, from wherever: in the order of time, so that new rows come to few pages. By place and
-- by handling unit it cost a page for nearly every pick.
DROP INDEX change_sale_location;
DROP INDEX change_sale_hu;
CREATE INDEX change_sale ON change (site, at) WHERE kind = 2;

-- What is at a place: neither what was there once, nor what came from a supplier or went to a customer.
DROP INDEX stock_location;
CREATE INDEX stock_location ON stock (site, location) WHERE units <> 0 AND location > 0;

-- Without statistics SQLite takes one site for a small part of all stock, and read all of it to find a handling unit
-- or a place, and takes all sales since a time for fewer than those of one lot. These numbers are not measured: they say what stays true of any site, so that plans stay the same.
-- In order of the key's columns: how many rows share them.
ANALYZE sqlite_schema;
DELETE FROM sqlite_stat1 WHERE tbl IN ('change', 'stock');
INSERT INTO sqlite_stat1 (tbl, idx, stat) VALUES
  ('stock', 'stock', '1000000 1000000 5000 10 10 2 1'),
  ('stock', 'stock_location', '1000000 1000000 50'),
  ('stock', 'stock_hu', '200000 200000 5'),
  ('change', 'change', '10000000 10000000 20000 20 20 5 5 2 1'),
  ('change', 'change_count', '100000 100000 2000 5 5 2 2 1'),
  ('change', 'change_counted', '100000 100000 2'),
  ('change', 'change_sale', '3000000 3000000 2');
ANALYZE sqlite_schema;
