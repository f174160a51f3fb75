DELETE FROM session
WHERE site = ?1 AND (begun < ?2 OR seen < ?3)
