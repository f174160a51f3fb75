UPDATE stream
SET backed_up_before = CASE WHEN ?3 > backed_up_before THEN ?3 ELSE backed_up_before END
WHERE site = ?1 AND name = ?2
