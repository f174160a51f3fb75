SELECT
  (SELECT count(*) FROM outbox WHERE acked = 0),
  (SELECT at FROM event WHERE n = (SELECT n FROM outbox WHERE acked = 0 ORDER BY n LIMIT 1)),
  last_contact,
  (SELECT as_of FROM cursor WHERE stream = 'control'),
  (SELECT as_of FROM cursor WHERE stream = 'site'),
  (SELECT count(*) FROM event WHERE verdict IN ('flagged', 'quarantined', 'refused')),
  problem
FROM contact
