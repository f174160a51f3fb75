INSERT INTO destination (site, item, lot, event_id, serial, line, order_id, customer, units, at)
VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10)
ON CONFLICT (site, item, lot, event_id, serial, line) DO UPDATE SET units = units + excluded.units
