UPDATE device
SET epoch = max(epoch, ?3),
    reported_seq = CASE WHEN ?3 > epoch THEN ?4 ELSE max(reported_seq, ?4) END,
    last_contact = max(last_contact, ?5),
    skew_ms = ?6
WHERE site = ?1 AND device = ?2
