-- ?1 is the epoch that the salvage began; what was carved without its place is of epoch 0.
SELECT n, bytes
FROM outbox JOIN event USING (n)
WHERE (epoch = ?1 - 1 AND seq > (SELECT acked_through FROM contact)) OR epoch = 0
ORDER BY n
