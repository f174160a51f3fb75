SELECT n, bytes
FROM event
WHERE epoch = ?1 AND seq > (SELECT acked_through FROM contact)
ORDER BY seq
