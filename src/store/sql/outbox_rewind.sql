INSERT INTO outbox (n, acked)
SELECT n, 0 FROM event WHERE epoch <> ?1 OR seq > ?2
ON CONFLICT DO UPDATE SET acked = 0
