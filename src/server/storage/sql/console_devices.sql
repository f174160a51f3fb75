SELECT d.device, d.name, d.revoked, d.enrolled, d.last_contact, d.epoch, coalesce(c.last_seq, 0), d.reported_seq, d.skew_ms,
  (SELECT count(*) FROM event q WHERE q.site = d.site AND q.device = d.device AND q.status = 2),
  d.app, d.battery, d.master_seq, coalesce((SELECT m.next_seq - 1 FROM stream m WHERE m.site = d.site AND m.name = 'master'), 0),
  d.control_seq, s.at, s.operator, s.epoch, s.seq
FROM device d
LEFT JOIN chain c ON c.site = d.site AND c.device = d.device AND c.epoch = d.epoch
LEFT JOIN sign_off s ON s.site = d.site AND s.device = d.device
WHERE d.site = ?1
ORDER BY d.revoked, d.name, d.device
LIMIT 2000
