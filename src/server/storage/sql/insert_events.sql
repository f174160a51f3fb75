INSERT INTO event (
  site, stream_seq, event_id, device, epoch, seq, status, reason, kind, received, skew_ms, bytes, hash,
  stream_hash
)
{values}
