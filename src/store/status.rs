//! How far this device and the server are apart.

use super::row::unsigned;
use super::{Reader, StoreError};
use crate::domain::Timestamp;

/// What the sync page and every screen's badge show.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct SyncStatus {
    /// Events that only this device has.
    pub pending: u64,
    /// When the oldest of them was confirmed.
    pub oldest_pending: Option<Timestamp>,
    /// When the server last answered.
    pub last_contact: Option<Timestamp>,
    /// When the stops were last known completely.
    pub control_as_of: Option<Timestamp>,
    /// When the stock was last known completely.
    pub site_as_of: Option<Timestamp>,
    /// When the site's records were last known completely.
    pub master_as_of: Option<Timestamp>,
    /// Own events of the last day that the server refused or put in quarantine; flagged facts count and are not here.
    pub refused: u64,
    /// Events that may wait.
    pub capacity: u64,
    /// Why the last attempt failed, as a stable word.
    pub last_problem: Option<String>,
}

impl SyncStatus {
    /// True from 80 % of the room for waiting events on.
    #[must_use]
    pub fn is_nearly_full(&self) -> bool {
        self.pending.saturating_mul(100) >= self.capacity.saturating_mul(super::OUTBOX_WARN_PERCENT)
    }
}

impl Reader {
    /// See [`SyncStatus`].
    ///
    /// # Errors
    /// See [`StoreError`].
    pub fn sync_status(&self) -> Result<SyncStatus, StoreError> {
        let pending = self.count_unsent()?;
        let mut query = self.db.prepare_cached(include_str!("sql/sync_status.sql"))?;
        Ok(query.query_row((), |row| {
            let time =
                |column: usize| Ok::<_, rusqlite::Error>(row.get::<_, Option<i64>>(column)?.map(Timestamp));
            Ok(SyncStatus {
                pending,
                oldest_pending: time(0)?,
                last_contact: time(1)?,
                control_as_of: time(2)?,
                site_as_of: time(3)?,
                refused: unsigned(row, 4)?,
                capacity: self.capacity,
                last_problem: row.get(5)?,
                master_as_of: time(6)?,
            })
        })?)
    }
}
