UPDATE cursor SET seq = ?2, hash = ?3, stale = ?4, as_of = coalesce(?5, as_of) WHERE stream = ?1
