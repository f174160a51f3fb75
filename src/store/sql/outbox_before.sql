SELECT outbox.n
FROM outbox JOIN event USING (n)
WHERE outbox.n < ?1 AND epoch = ?2 AND seq < ?3
ORDER BY outbox.n
