//! The central server: HTTP API, ledger and projections on SQLite.
