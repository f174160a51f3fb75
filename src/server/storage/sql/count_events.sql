SELECT CAST(coalesce(sum(next_seq - 1), 0) AS BIGINT) FROM stream WHERE site = ?1 AND name = 'site'
