SELECT n, entry, hash
FROM audit
WHERE site = ?1
ORDER BY n
