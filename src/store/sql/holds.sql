SELECT record, ended FROM hold WHERE ended = 0 ORDER BY at DESC, event DESC
