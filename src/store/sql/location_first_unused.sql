-- Where most places are free the walk finds one at once; where few are, they are few.
SELECT record FROM location
WHERE kind = ?1 AND active = 1 AND (?2 = '' OR zone = ?2)
  AND id IN (SELECT location FROM vacant)
ORDER BY walk, id
LIMIT 1
