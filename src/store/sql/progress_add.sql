INSERT INTO progress (order_id, line, item, lot, serial, stage, base, pending)
VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)
ON CONFLICT DO UPDATE SET base = base + excluded.base, pending = pending + excluded.pending
RETURNING base = 0 AND pending = 0
