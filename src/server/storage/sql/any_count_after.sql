SELECT EXISTS (SELECT 1 FROM change WHERE site = ?1 AND kind = 1 AND at > ?2)
