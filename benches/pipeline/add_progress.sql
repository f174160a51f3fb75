INSERT INTO progress (site, order_id, line, item, lot, serial, received, picked, dispatched, short)
VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10)
ON CONFLICT (site, order_id, line, item, lot, serial) DO UPDATE SET
  received = received + excluded.received,
  picked = picked + excluded.picked,
  dispatched = dispatched + excluded.dispatched,
  short = short + excluded.short
