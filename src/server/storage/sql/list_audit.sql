SELECT site, n, entry
FROM audit
ORDER BY at DESC, site, n DESC
LIMIT ?1
