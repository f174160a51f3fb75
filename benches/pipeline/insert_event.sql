INSERT INTO event (
  site, stream_seq, event_id, device, epoch, seq, status, reason, kind, received, skew_ms, bytes, hash,
  stream_hash
)
VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14)
