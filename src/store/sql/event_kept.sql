-- How many events there are from this one on, and the last of them; 0 for none.
SELECT count(*), coalesce(max(seq), 0)
FROM event
WHERE epoch = ?1 AND seq >= ?2
