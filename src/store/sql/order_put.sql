INSERT OR REPLACE INTO orders (id, number, direction, due, status, record) VALUES (?1, ?2, ?3, ?4, ?5, ?6)
