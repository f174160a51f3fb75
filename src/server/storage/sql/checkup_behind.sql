SELECT CAST(coalesce(sum(next_seq - backed_up_before), 0) AS BIGINT)
FROM stream
