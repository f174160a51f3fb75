SELECT d.name, d.device, d.last_contact, d.epoch, coalesce(c.last_seq, 0), d.reported_seq, d.skew_ms
FROM device d
LEFT JOIN chain c ON c.site = d.site AND c.device = d.device AND c.epoch = d.epoch
WHERE d.site = ?1 AND d.revoked = 0
ORDER BY d.name, d.device
LIMIT 500
