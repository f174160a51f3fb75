INSERT INTO closing (site, order_id, times)
VALUES (?1, ?2, ?3)
ON CONFLICT (site, order_id) DO UPDATE SET times = times + excluded.times
