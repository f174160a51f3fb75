SELECT
  (SELECT at FROM event WHERE epoch = (SELECT epoch FROM device) AND seq = acked_through + 1),
  last_contact,
  (SELECT as_of FROM cursor WHERE stream = 'control'),
  (SELECT as_of FROM cursor WHERE stream = 'site'),
  -- 86,400,000 ms: the badge is red for a day. A flagged fact counts, and its discrepancy is the supervisor's.
  (SELECT count(*) FROM event
   WHERE verdict IN ('flagged', 'quarantined', 'refused') AND verdict <> 'flagged'
     AND at > coalesce(last_contact, 0) - 86400000),
  problem,
  (SELECT as_of FROM cursor WHERE stream = 'master')
FROM contact
