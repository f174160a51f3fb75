//! What the device need not keep any longer. Nothing that waits to be sent is ever purged.

use super::{Store, StoreError};
use crate::domain::Timestamp;

/// Own events stay so long at least, and until the server has backed them up.
pub const KEEP_EVENTS_MS: i64 = 30 * 24 * 60 * 60 * 1_000;
/// Which events were taken back is known for so long, and as long as they are here.
const KEEP_UNDONE_MS: i64 = 90 * 24 * 60 * 60 * 1_000;
/// Rows looked at in each call, so that a scan never waits for long.
const ROWS_MAX: i64 = 500;

/// What one call did.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Purged {
    /// Rows removed.
    pub rows: u64,
    /// True once every row was looked at: the next call begins with the oldest again.
    pub through: bool,
}

impl Store {
    /// Looks at a bounded number of rows, the oldest first, and removes those that are no longer needed; the caller goes
    /// on while idle. This device's newest event stays for ever, so that no sequence is given twice.
    ///
    /// # Errors
    /// See [`StoreError`].
    pub fn purge(&mut self, now: Timestamp) -> Result<Purged, StoreError> {
        let (events, undone) = (now.plus_ms(-KEEP_EVENTS_MS).0, now.plus_ms(-KEEP_UNDONE_MS).0);
        let from = self.purged_to;
        let (rows, to) = self.write(|tx| {
            let to = tx.query_row(include_str!("sql/purge_to.sql"), (from, ROWS_MAX, events), |row| {
                row.get::<_, Option<i64>>(0)
            })?;
            let mut rows = tx.execute(include_str!("sql/purge_undone.sql"), (undone, ROWS_MAX))?;
            if let Some(to) = to {
                rows += tx.execute(include_str!("sql/purge_events.sql"), (events, from, to))?;
            }
            Ok((rows, to))
        })?;
        self.purged_to = to.unwrap_or(0);
        Ok(Purged { rows: rows as u64, through: to.is_none() })
    }
}
