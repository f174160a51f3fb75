SELECT k.target, h.hold
FROM {keys}
CROSS JOIN hold h
WHERE h.site = ?1 AND h.target = k.target AND h.ended = 0
