SELECT count(*)
FROM (SELECT 1 FROM nonce WHERE site = ?1 AND device = ?2 LIMIT ?3) AS kept
