INSERT OR REPLACE INTO lot
  (item, lot, expiry, best_before, produced, received, settled, supplier_lot, vintage, origin, base)
VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11)
