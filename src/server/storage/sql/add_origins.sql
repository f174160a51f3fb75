INSERT INTO origin (site, item, lot, event_id, supplier, order_id, units, at)
{values}
ON CONFLICT (site, item, lot, event_id) DO UPDATE SET units = origin.units + excluded.units
