INSERT INTO stock (site, item, lot, serial, location, hu, units, since)
VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)
ON CONFLICT (site, item, lot, serial, location, hu)
DO UPDATE SET units = units + excluded.units, since = max(since, excluded.since)
