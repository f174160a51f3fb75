//! The handheld's SQLite file: events, outbox, projections and master data.
