UPDATE device
SET last_contact = max(last_contact, ?3), reported_seq = coalesce(?4, reported_seq)
WHERE site = ?1 AND device = ?2
