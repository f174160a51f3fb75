UPDATE event SET verdict = NULL, reason = NULL, stream_seq = NULL, backed_up = 0
WHERE n IN (SELECT n FROM outbox WHERE acked = 0)
