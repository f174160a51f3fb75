UPDATE contact SET last_contact = ?1, acked_through = max(acked_through, ?2)
