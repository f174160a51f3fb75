SELECT seq, bytes, hash
FROM event
WHERE epoch = (SELECT epoch FROM device) AND seq > max(?1, (SELECT acked_through FROM contact))
ORDER BY seq
LIMIT ?2
