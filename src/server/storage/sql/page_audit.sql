SELECT n, entry
FROM audit
WHERE site = ?1 AND n < ?2
ORDER BY n DESC
LIMIT ?3
