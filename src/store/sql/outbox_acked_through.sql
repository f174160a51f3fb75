UPDATE outbox SET acked = 1
WHERE acked = 0 AND n IN (SELECT n FROM event WHERE epoch = ?1 AND seq <= ?2 AND n >= (SELECT min(n) FROM outbox))
