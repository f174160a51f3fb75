INSERT INTO sign_off (site, device, at, operator, epoch, seq)
VALUES (?1, ?2, ?3, ?4, ?5, ?6)
ON CONFLICT (site, device) DO UPDATE SET
  at = excluded.at, operator = excluded.operator, epoch = excluded.epoch, seq = excluded.seq
