INSERT INTO lot (site, item, lot, event_id, received, facts, good_to)
{values}
ON CONFLICT (site, item, lot) DO UPDATE SET
  received = excluded.received, facts = excluded.facts, good_to = excluded.good_to
