INSERT INTO undone (site, event_id, undo)
{values}
ON CONFLICT (site, event_id) DO NOTHING
