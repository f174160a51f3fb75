SELECT seq, bytes, hash, id FROM (
  SELECT seq, bytes, hash, id FROM event WHERE epoch = (SELECT epoch FROM device) ORDER BY seq DESC LIMIT ?1
) ORDER BY seq
