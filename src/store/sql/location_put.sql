INSERT OR REPLACE INTO location (id, code, kind, zone, walk, active, record) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)
