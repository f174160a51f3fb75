INSERT INTO hold (site, event_id, target, hold, operator, at)
VALUES (?1, ?2, ?3, ?4, ?5, ?6)
