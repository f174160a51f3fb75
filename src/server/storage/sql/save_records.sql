INSERT INTO record (site, kind, id, stream_seq, code, name)
{values}
ON CONFLICT (site, kind, id) DO UPDATE SET
  stream_seq = excluded.stream_seq, code = excluded.code, name = excluded.name
