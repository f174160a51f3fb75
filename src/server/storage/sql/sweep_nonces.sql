DELETE FROM nonce
WHERE site = ?1 AND device = ?2 AND (time < ?3 OR time > ?4)
