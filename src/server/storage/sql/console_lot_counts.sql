SELECT
  (SELECT count(*) FROM origin WHERE site = ?1 AND item = ?2 AND lot = ?3),
  (SELECT count(*) FROM destination WHERE site = ?1 AND item = ?2 AND lot = ?3)
