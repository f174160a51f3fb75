DELETE FROM event
WHERE n > ?2 AND n <= ?3
  AND at <= ?1
  AND n < (SELECT max(n) FROM event)
  AND NOT EXISTS (SELECT 1 FROM outbox WHERE outbox.n = event.n)
  AND (backed_up = 1 OR (epoch = (SELECT epoch FROM device) AND seq <= (SELECT backed_up_through FROM contact)))
  AND (epoch, seq) <> (SELECT epoch, max(seq) FROM event WHERE epoch = (SELECT epoch FROM device))
  -- The next push names the chain up to the last one that was acknowledged.
  AND (epoch, seq) <> (SELECT epoch, acked_through FROM device, contact)
