UPDATE outbox SET stream_seq = ?3 WHERE n = (SELECT n FROM event WHERE epoch = ?1 AND seq = ?2)
