SELECT d.site, d.revoked, d.last_contact, d.reported_seq - coalesce(c.last_seq, 0)
FROM device d
LEFT JOIN chain c ON c.site = d.site AND c.device = d.device AND c.epoch = d.epoch
