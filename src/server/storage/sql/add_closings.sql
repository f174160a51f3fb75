INSERT INTO closing (site, order_id, times)
{values}
ON CONFLICT (site, order_id) DO UPDATE SET times = closing.times + excluded.times
