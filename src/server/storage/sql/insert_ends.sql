INSERT INTO hold_end (site, event_id)
{values}
ON CONFLICT (site, event_id) DO NOTHING
