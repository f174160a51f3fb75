INSERT INTO hold (site, event_id, target, hold, operator, at, ended)
{values}
