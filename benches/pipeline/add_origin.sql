INSERT INTO origin (site, item, lot, event_id, supplier, order_id, units, at)
VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)
ON CONFLICT (site, item, lot, event_id) DO UPDATE SET units = units + excluded.units
