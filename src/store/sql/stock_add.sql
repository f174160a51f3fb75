INSERT INTO stock (item, expiry, best_before, produced, received, walk, lot, location, hu, serial, base, pending, since)
VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13)
ON CONFLICT DO UPDATE SET
  base = base + excluded.base, pending = pending + excluded.pending, since = max(since, excluded.since)
RETURNING base = 0 AND pending = 0
