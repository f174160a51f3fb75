SELECT coalesce(sum(gap), 0) FROM (
  SELECT max(seq) - min(seq) + 1 - count(*) AS gap FROM event GROUP BY epoch
)
