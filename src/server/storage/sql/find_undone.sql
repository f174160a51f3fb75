SELECT k.n, u.undo
FROM {keys}
CROSS JOIN undone u
WHERE u.site = ?1 AND u.event_id = k.event_id
