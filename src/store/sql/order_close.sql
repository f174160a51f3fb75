INSERT INTO order_closed (order_id, base, pending) VALUES (?1, ?2, ?3)
ON CONFLICT DO UPDATE SET base = base + excluded.base, pending = pending + excluded.pending
