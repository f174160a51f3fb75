SELECT d.name, d.last_contact, d.skew_ms, d.reported_seq - coalesce(c.last_seq, 0)
FROM device d
LEFT JOIN chain c ON c.site = d.site AND c.device = d.device AND c.epoch = d.epoch
WHERE d.revoked = 0
ORDER BY d.last_contact, d.name
