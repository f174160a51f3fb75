-- The bound on n keeps this to the outbox's beginning; what it misses after a re-sequencing has a verdict of its own.
UPDATE outbox SET acked = 1
WHERE acked = 0
  AND n <= (SELECT n FROM event WHERE epoch = ?1 AND seq <= ?2 ORDER BY seq DESC LIMIT 1)
  AND EXISTS (SELECT 1 FROM event WHERE event.n = outbox.n AND epoch = ?1 AND seq <= ?2)
