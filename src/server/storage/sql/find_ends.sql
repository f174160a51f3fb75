SELECT k.n
FROM {keys}
CROSS JOIN hold_end h
WHERE h.site = ?1 AND h.event_id = k.event_id
