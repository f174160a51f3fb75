INSERT INTO progress (site, order_id, line, item, lot, serial, received, picked, dispatched, short)
{values}
ON CONFLICT (site, order_id, line, item, lot, serial) DO UPDATE SET
  received = progress.received + excluded.received,
  picked = progress.picked + excluded.picked,
  dispatched = progress.dispatched + excluded.dispatched,
  short = progress.short + excluded.short
