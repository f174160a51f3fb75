DELETE FROM stock
WHERE (item, expiry, best_before, produced, received, walk, lot, location, hu, serial)
    = (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10)
