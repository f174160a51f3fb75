-- Statistics for SQLite's plans; PostgreSQL makes its own.
SELECT 1;
