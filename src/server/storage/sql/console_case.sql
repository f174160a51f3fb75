SELECT h.event_id, h.hold, h.operator, h.at, h.ended, c.stream_seq
FROM hold h
LEFT JOIN event e ON e.site = h.site AND e.event_id = h.event_id
LEFT JOIN control c ON c.site = h.site AND c.site_seq = e.stream_seq
WHERE h.site = ?1 AND h.event_id = ?2
