INSERT INTO hold (event, target, grave, record, at, settled, ended)
VALUES (?1, ?2, ?3, ?4, ?5, ?6, EXISTS (SELECT 1 FROM hold_end WHERE hold = ?1))
ON CONFLICT DO UPDATE SET settled = max(settled, excluded.settled), stale = 0
