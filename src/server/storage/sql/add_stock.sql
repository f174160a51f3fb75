INSERT INTO stock (site, item, lot, serial, location, hu, units, since)
{values}
ON CONFLICT (site, item, lot, serial, location, hu) DO UPDATE SET
  units = stock.units + excluded.units,
  since = CASE WHEN excluded.since > stock.since THEN excluded.since ELSE stock.since END
