SELECT k.n, h.event_id, h.hold, h.operator, h.at, h.ended
FROM {keys}
CROSS JOIN hold h
WHERE h.site = ?1 AND h.target = k.target AND h.ended = 0
