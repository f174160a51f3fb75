UPDATE stream SET backed_up_before = max(backed_up_before, ?3) WHERE site = ?1 AND name = ?2
