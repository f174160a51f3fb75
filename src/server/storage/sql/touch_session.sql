UPDATE session
SET seen = ?3
WHERE site = ?1 AND token_hash = ?2 AND seen < ?3
