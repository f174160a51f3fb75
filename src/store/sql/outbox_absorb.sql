DELETE FROM outbox
WHERE acked = 1 AND n IN (SELECT n FROM event WHERE stream_seq IS NULL OR stream_seq <= ?1)
