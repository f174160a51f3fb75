SELECT w.site, w.name
FROM webhook w
LEFT JOIN stream s ON s.site = w.site AND s.name = 'site'
WHERE w.disabled IS NULL AND w.next_at <= ?1 AND w.lease_until <= ?1
  AND (w.ping > 0 OR w.seq < coalesce(s.next_seq, 1) - 1)
ORDER BY w.next_at, w.site, w.name
LIMIT ?2
