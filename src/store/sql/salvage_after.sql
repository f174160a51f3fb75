SELECT seq, n FROM event WHERE epoch = (SELECT epoch FROM device) AND seq > ?1 ORDER BY seq
