DELETE FROM undone WHERE event IN (SELECT event FROM undone WHERE settled = 1 AND at <= ?1 LIMIT ?2)
