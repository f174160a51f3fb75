INSERT OR IGNORE INTO progress (order_id, line, item, lot, serial, stage, base, pending)
VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, 0)
