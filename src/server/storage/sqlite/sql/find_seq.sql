SELECT e.hash, e.bytes, e.stream_seq, e.reason
FROM event e
WHERE e.site = ?1 AND e.device = ?2 AND e.epoch = ?3 AND e.seq = ?4
UNION ALL
SELECT a.hash, e.bytes, e.stream_seq, e.reason
FROM alias a
JOIN event e ON e.site = a.site AND e.stream_seq = a.stream_seq
WHERE a.site = ?1 AND a.device = ?2 AND a.epoch = ?3 AND a.seq = ?4
