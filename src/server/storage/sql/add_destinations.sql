INSERT INTO destination (site, item, lot, event_id, serial, line, order_id, customer, units, at)
{values}
ON CONFLICT (site, item, lot, event_id, serial, line)
DO UPDATE SET units = destination.units + excluded.units
