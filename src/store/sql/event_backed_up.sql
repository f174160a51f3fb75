UPDATE event SET backed_up = 1
WHERE epoch = ?1 AND seq <= (SELECT min(acked_through, backed_up_through) FROM contact)
