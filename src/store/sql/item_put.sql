INSERT INTO item (id, code, record) VALUES (?1, ?2, ?3)
ON CONFLICT DO UPDATE SET code = excluded.code, record = excluded.record
