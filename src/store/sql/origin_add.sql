-- An event has one supplier and one order; its lines of the same lot are one row.
INSERT INTO origin (item, lot, event, supplier, order_id, quantity, at, settled)
VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)
ON CONFLICT DO UPDATE SET quantity = quantity + excluded.quantity
