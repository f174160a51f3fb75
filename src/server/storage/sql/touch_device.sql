UPDATE device
SET reported_seq = ?3
WHERE site = ?1 AND device = ?2
