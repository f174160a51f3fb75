SELECT count(*) FROM discrepancy WHERE site = ?1 AND closed IS NULL
