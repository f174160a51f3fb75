SELECT k.n, c.last_seq, c.last_hash
FROM {keys}
CROSS JOIN chain c
WHERE c.site = ?1 AND c.device = k.device AND c.epoch = k.epoch
