-- Before an enrolment after a salvage there is no epoch yet, and everything waits.
SELECT CASE
  WHEN EXISTS (SELECT 1 FROM device)
  THEN coalesce((SELECT max(seq) FROM event WHERE epoch = (SELECT epoch FROM device)), 0) - acked_through
  ELSE (SELECT count(*) FROM outbox)
END
FROM contact
