UPDATE event SET
  -- "duplicate" says less than what an earlier answer or the stream has said.
  verdict = iif(?2 = 'duplicate', coalesce(verdict, ?2), ?2),
  reason = coalesce(?3, reason),
  stream_seq = ?4
WHERE n = ?1
