INSERT INTO master (site, stream_seq, kind, id, bytes, stream_hash)
{values}
