-- What was pending is replayed; what was base is kept until the server replaces it.
DELETE FROM origin WHERE settled = 0;
DELETE FROM destination WHERE settled = 0;
DELETE FROM hold WHERE settled = 0;
UPDATE lot SET settled = 1, base = NULL;
UPDATE hold SET stale = 1;
UPDATE hold_end SET stale = 1;
UPDATE cursor SET seq = 0, hash = zeroblob(32), stale = 1;
UPDATE outbox SET stream_seq = NULL;
UPDATE device SET epoch = epoch + 1;
DELETE FROM vacant;
INSERT INTO vacant (location) SELECT id FROM location EXCEPT SELECT location FROM stock;
