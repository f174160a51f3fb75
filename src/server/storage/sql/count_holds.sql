SELECT count(*) FROM hold WHERE site = ?1 AND ended = 0
