SELECT m.bytes
FROM record r
JOIN master m ON m.site = r.site AND m.stream_seq = r.stream_seq
WHERE r.site = ?1 AND r.kind <> 'site'
  AND (r.code = ?2 OR r.code LIKE ?3 ESCAPE '\' OR r.name LIKE ?4 ESCAPE '\')
ORDER BY CASE WHEN r.code = ?2 THEN 0 WHEN r.code LIKE ?3 ESCAPE '\' THEN 1 ELSE 2 END, r.kind, r.code
LIMIT ?5
