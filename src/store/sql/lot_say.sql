INSERT INTO lot_said (item, lot, event, record) VALUES (?1, ?2, ?3, ?4)
