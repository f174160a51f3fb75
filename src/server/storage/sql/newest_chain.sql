SELECT epoch, last_seq, last_hash
FROM chain
WHERE site = ?1 AND device = ?2
ORDER BY epoch DESC
LIMIT 1
