SELECT event_id, hold, operator, at, ended
FROM hold
WHERE site = ?1 AND target IN (?2, ?3, ?4) AND ended = 0
ORDER BY event_id
