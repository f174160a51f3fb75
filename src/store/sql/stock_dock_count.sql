SELECT count(*)
FROM location CROSS JOIN stock INDEXED BY stock_location ON stock.location = location.id
WHERE location.kind = 'dock' AND location.active = 1 AND stock.base + stock.pending <> 0
