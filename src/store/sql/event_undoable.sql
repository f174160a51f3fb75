SELECT bytes FROM (SELECT id, bytes, operator, at, verdict FROM event ORDER BY n DESC LIMIT ?3) AS event
WHERE operator = ?1 AND at >= ?2 AND coalesce(verdict, '') NOT IN ('refused', 'quarantined')
  AND NOT EXISTS (SELECT 1 FROM undone WHERE undone.event = event.id)
