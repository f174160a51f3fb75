INSERT INTO hold (site, event_id, target, hold, operator, at, ended)
VALUES (?1, ?2, ?3, ?4, ?5, ?6, EXISTS (SELECT 1 FROM hold_end WHERE site = ?1 AND event_id = ?2))
