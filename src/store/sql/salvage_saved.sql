-- ?1 is the epoch that the salvage began.
SELECT count(*) FROM outbox JOIN event USING (n)
WHERE epoch = ?1 - 1 AND seq > (SELECT acked_through FROM contact)
