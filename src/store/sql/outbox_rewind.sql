INSERT INTO outbox (n)
SELECT n FROM event WHERE epoch <> ?1 OR seq > ?2
ON CONFLICT DO UPDATE SET stream_seq = NULL
