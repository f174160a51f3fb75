PRAGMA journal_mode = WAL;
PRAGMA synchronous = FULL;
PRAGMA foreign_keys = ON;
PRAGMA journal_size_limit = 536870912;
PRAGMA cache_size = -65536;
PRAGMA temp_store = MEMORY;
