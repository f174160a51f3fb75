-- The last of the next rows, oldest first; NULL at the end, or where all of them are too young.
SELECT iif(min(at) <= ?3, max(n), NULL) FROM (SELECT n, at FROM event WHERE n > ?1 ORDER BY n LIMIT ?2)
