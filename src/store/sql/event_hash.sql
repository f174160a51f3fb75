SELECT hash FROM event WHERE epoch = (SELECT epoch FROM device) AND seq = ?1
