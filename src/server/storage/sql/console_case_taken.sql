SELECT c.location, c.hu, coalesce(d.name, ''), c.at, CAST(-c.delta AS BIGINT)
FROM change c
LEFT JOIN device d ON d.site = c.site AND d.device = c.device
WHERE c.site = ?1 AND c.item = ?2 AND c.lot = ?3 AND c.kind = 2 AND c.delta < 0 AND c.at > ?4
ORDER BY c.at, c.stream_seq, c.n
LIMIT ?5
