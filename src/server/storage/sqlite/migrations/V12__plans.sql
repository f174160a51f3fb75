-- As for `stock` and `change` (V11), what stays true of any site: a lot is found by its number and not among all lots of
-- the site, what is open among the few open ones and not among all there ever were.
DELETE FROM sqlite_stat1 WHERE tbl IN ('discrepancy', 'hold', 'lot');
INSERT INTO sqlite_stat1 (tbl, idx, stat) VALUES
  ('lot', 'lot', '1000000 1000000 200 1'),
  ('lot', 'lot_good_to', '100000 100000 200'),
  ('lot', 'lot_number', '1000000 1000000 2'),
  ('hold', 'hold', '2000 2000 1'),
  ('hold', 'hold_open', '50 50 2'),
  ('discrepancy', 'sqlite_autoindex_discrepancy_1', '50000 50000 1'),
  ('discrepancy', 'discrepancy_entry', '50000 50000 2'),
  ('discrepancy', 'discrepancy_open', '200 200 1'),
  ('discrepancy', 'discrepancy_settled', '50000 50000 1');
ANALYZE sqlite_schema;
