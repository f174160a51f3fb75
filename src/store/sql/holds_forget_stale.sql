UPDATE hold SET ended = 0
WHERE ended = 1 AND event IN (SELECT hold FROM hold_end WHERE stale = 1);
DELETE FROM hold_end WHERE stale = 1;
DELETE FROM hold WHERE stale = 1;
