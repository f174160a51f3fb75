UPDATE cursor SET seq = 0, hash = zeroblob(32), stale = 1;
UPDATE hold SET stale = 1 WHERE settled = 1;
UPDATE hold_end SET stale = 1;
UPDATE outbox SET stream_seq = NULL;
