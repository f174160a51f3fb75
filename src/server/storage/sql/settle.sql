UPDATE discrepancy
SET closed = k.at
FROM {keys}
WHERE discrepancy.site = ?1 AND discrepancy.identity = k.identity AND discrepancy.closed IS NULL
