INSERT INTO lot (site, item, lot, event_id, received, facts)
VALUES (?1, ?2, ?3, ?4, ?5, ?6)
ON CONFLICT (site, item, lot) DO UPDATE SET received = excluded.received, facts = excluded.facts
