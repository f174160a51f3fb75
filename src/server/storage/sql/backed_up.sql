SELECT coalesce(max(seq), 0)
FROM event
WHERE site = ?1 AND device = ?2 AND epoch = ?3
  AND stream_seq < (SELECT backed_up_before FROM stream WHERE site = ?1 AND name = 'site')
