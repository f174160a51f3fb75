DELETE FROM progress WHERE (order_id, line, item, lot, serial, stage) = (?1, ?2, ?3, ?4, ?5, ?6)
