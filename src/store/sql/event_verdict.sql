UPDATE event SET verdict = ?2, reason = coalesce(?3, reason) WHERE n = ?1
