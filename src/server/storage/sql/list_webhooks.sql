SELECT
  w.site, w.name, w.url, w.topics, w.created, w.seq, coalesce(s.next_seq, 1), w.failures, w.failing_since, w.next_at,
  w.problem, w.delivered, w.disabled
FROM webhook w
LEFT JOIN stream s ON s.site = w.site AND s.name = 'site'
ORDER BY w.site, w.name
