UPDATE device
SET reported_seq = coalesce(?3, reported_seq),
  master_seq = coalesce(?4, master_seq),
  app = coalesce(?5, app),
  battery = coalesce(?6, battery),
  control_seq = coalesce(?7, control_seq)
WHERE site = ?1 AND device = ?2
