WITH entry AS (
  SELECT e.site, e.device, e.epoch, e.seq, e.hash, e.bytes,
         CASE WHEN e.reason = 'chain_broken' THEN 1 ELSE 0 END AS admitted
  FROM event e
  WHERE e.site = ?1
  UNION ALL
  SELECT a.site, a.device, a.epoch, a.seq, a.hash, e.bytes, 0
  FROM alias a
  JOIN event e ON e.site = a.site AND e.stream_seq = a.stream_seq
  WHERE a.site = ?1
)
SELECT n.device, n.epoch, n.seq, n.hash, n.bytes, n.admitted,
       lead(n.seq) OVER (PARTITION BY n.device, n.epoch ORDER BY n.seq) IS NULL,
       coalesce(c.last_seq, 0)
FROM entry n
LEFT JOIN chain c ON c.site = n.site AND c.device = n.device AND c.epoch = n.epoch
ORDER BY n.device, n.epoch, n.seq
