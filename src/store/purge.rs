//! What the device need not keep any longer. Nothing that waits to be sent is ever purged.

use super::{Store, StoreError};
use crate::domain::Timestamp;

/// Own events stay so long at least, and until the server has backed them up.
pub const KEEP_EVENTS_MS: i64 = 30 * 24 * 60 * 60 * 1_000;
/// Which events were taken back is known for so long.
const KEEP_UNDONE_MS: i64 = 90 * 24 * 60 * 60 * 1_000;
/// Rows for each call, so that a scan never waits for long.
const ROWS_MAX: i64 = 500;

impl Store {
    /// Removes a bounded number of rows that are no longer needed; how many, so that the caller goes on while idle.
    /// This device's newest event stays for ever, so that no sequence is given twice.
    ///
    /// # Errors
    /// See [`StoreError`].
    pub fn purge(&mut self, now: Timestamp) -> Result<u64, StoreError> {
        let (events, undone) = (now.plus_ms(-KEEP_EVENTS_MS).0, now.plus_ms(-KEEP_UNDONE_MS).0);
        let rows = self.write(|tx| {
            let mut rows = tx.execute(include_str!("sql/purge_events.sql"), (events, ROWS_MAX))?;
            rows += tx.execute(include_str!("sql/purge_undone.sql"), (undone, ROWS_MAX))?;
            Ok(rows)
        })?;
        Ok(rows as u64)
    }
}
