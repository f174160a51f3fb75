UPDATE device
SET epoch = CASE WHEN k.epoch > device.epoch THEN k.epoch ELSE device.epoch END,
    reported_seq = CASE WHEN k.epoch > device.epoch OR k.reported > device.reported_seq
                        THEN k.reported ELSE device.reported_seq END,
    last_contact = CASE WHEN k.at > device.last_contact THEN k.at ELSE device.last_contact END,
    skew_ms = k.skew_ms
FROM {keys}
WHERE device.site = ?1 AND device.device = k.device
