//! A commit that failed while it was written: what the disk has of it is not known until the log was begun anew.
//!
//! After a failed sync the log may hold the whole transaction, in memory or on the disk, although nobody was told that it
//! is saved: the next start could find it. And what the system still holds in memory may never reach the disk, although
//! a later sync succeeds. So the log is emptied into the file and begun anew with a transaction of its own; once that is
//! synced, nothing of the failed one can come back. Until then the store takes no other change.

use super::open::transact;
use super::{Store, StoreError, migrate};
use rusqlite::Connection;

impl Store {
    /// Makes sure that nothing of a failed commit is left.
    pub(super) fn settle(&mut self) -> Result<(), StoreError> {
        begin_log_anew(&mut self.reader.db).map_err(|error| StoreError::Unsure(error.to_string()))?;
        self.unsettled = false;
        Ok(())
    }
}

/// Empties the log into the file, and makes that last by a new log with a transaction that says nothing new.
pub(super) fn begin_log_anew(db: &mut Connection) -> Result<(), StoreError> {
    let busy: i64 = db.query_row("PRAGMA wal_checkpoint(TRUNCATE)", (), |row| row.get(0))?;
    if busy != 0 {
        return Err(StoreError::Busy);
    }
    transact(db, |tx| Ok(tx.pragma_update(None, "user_version", migrate::SCHEMA)?))
        .map_err(|failed| failed.error)
}
