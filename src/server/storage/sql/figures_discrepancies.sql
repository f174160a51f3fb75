SELECT site, count(*)
FROM discrepancy
WHERE closed IS NULL
GROUP BY site
