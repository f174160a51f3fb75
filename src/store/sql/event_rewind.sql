UPDATE event SET verdict = NULL, reason = NULL, backed_up = 0
WHERE epoch <> ?1 OR seq > ?2
