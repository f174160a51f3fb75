SELECT count(*) FROM hold WHERE ended = 0
