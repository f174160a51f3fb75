INSERT INTO lot (site, item, lot, event_id, received, facts)
{values}
ON CONFLICT (site, item, lot) DO UPDATE SET received = excluded.received, facts = excluded.facts
