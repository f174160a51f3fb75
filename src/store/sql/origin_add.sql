INSERT INTO origin (item, lot, event, supplier, order_id, quantity, at, settled)
VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)
