SELECT 1
WHERE EXISTS (SELECT 1 FROM lot l WHERE l.site = ?1 AND l.item = ?2 AND l.lot = ?3)
  OR EXISTS (SELECT 1 FROM stock s WHERE s.site = ?1 AND s.item = ?2 AND s.lot = ?3)
