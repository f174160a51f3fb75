UPDATE contact SET last_contact = ?1, backed_up_through = max(backed_up_through, ?2)
