SELECT event_id, undo FROM undone WHERE site = ?1 ORDER BY event_id DESC LIMIT ?2
