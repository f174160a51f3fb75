SELECT seq, bytes, hash FROM (
  SELECT seq, bytes, hash FROM event WHERE epoch = (SELECT epoch FROM device) ORDER BY seq DESC LIMIT ?1
) ORDER BY seq
