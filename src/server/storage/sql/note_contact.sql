UPDATE device
SET last_contact = CASE WHEN ?3 > last_contact THEN ?3 ELSE last_contact END
WHERE site = ?1 AND device = ?2
