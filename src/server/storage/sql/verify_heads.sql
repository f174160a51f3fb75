SELECT c.device, c.epoch, c.last_seq, c.last_hash, c.signature, d.public_key
FROM chain c
JOIN device d ON d.site = c.site AND d.device = c.device
WHERE c.site = ?1 AND c.signature IS NOT NULL
ORDER BY c.device, c.epoch
