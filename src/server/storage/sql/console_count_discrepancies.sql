-- By the order of the index of open ones alone, which has the few and not all there ever were.
SELECT count(*)
FROM (
  SELECT opened
  FROM discrepancy
  WHERE site = ?1 AND closed IS NULL
  ORDER BY opened DESC
  LIMIT ?2
) AS newest
