SELECT k.n, m.bytes
FROM {keys}
CROSS JOIN record r
CROSS JOIN master m
WHERE r.site = ?1 AND r.kind = k.kind AND r.id = k.id AND m.site = ?1 AND m.stream_seq = r.stream_seq
