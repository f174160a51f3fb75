SELECT seq, hash FROM event WHERE epoch = ?1 ORDER BY seq DESC LIMIT 1
