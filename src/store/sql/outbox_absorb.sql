-- What waits to be sent cannot be in the snapshot; what was sent is, unless it is known to stand after its head.
DELETE FROM outbox
WHERE coalesce(stream_seq, 0) <= ?1
  AND NOT EXISTS (
    SELECT 1 FROM event
    WHERE event.n = outbox.n
      AND epoch = (SELECT epoch FROM device) AND seq > (SELECT acked_through FROM contact)
  )
RETURNING n
