INSERT INTO destination (item, lot, serial, event, order_id, line, customer, quantity, at, settled)
VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10)
