SELECT n, bytes FROM outbox JOIN event USING (n) WHERE acked = 0 AND epoch <> ?1 ORDER BY n
