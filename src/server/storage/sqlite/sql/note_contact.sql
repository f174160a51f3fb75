UPDATE device
SET last_contact = max(last_contact, ?3)
WHERE site = ?1 AND device = ?2
