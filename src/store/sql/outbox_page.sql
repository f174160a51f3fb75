SELECT event.seq, event.bytes, event.hash
FROM event JOIN outbox USING (n)
WHERE event.epoch = (SELECT epoch FROM device) AND event.seq > ?1 AND outbox.acked = 0
ORDER BY event.seq
LIMIT ?2
