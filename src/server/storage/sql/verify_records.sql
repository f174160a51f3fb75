SELECT n.kind, n.id
FROM (
  SELECT site, kind, id, max(stream_seq) AS newest FROM master WHERE site = ?1 GROUP BY site, kind, id
) AS n
LEFT JOIN record r ON r.site = n.site AND r.kind = n.kind AND r.id = n.id
WHERE r.stream_seq IS NULL OR r.stream_seq <> n.newest
ORDER BY n.kind, n.id
