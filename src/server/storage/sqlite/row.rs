//! Between rows and types: SQLite's integers are signed, its ids are sixteen bytes.

use super::StorageError;
use crate::sync::wire::Status;
use rusqlite::Row;

/// As SQLite stores it. Sequences come from counters and from requests checked before; they never get near
/// the limit.
pub(super) fn int(number: u64) -> i64 {
    i64::try_from(number).unwrap_or(i64::MAX)
}

/// A sequence or count read back; what a damaged file makes negative reads as 0.
pub(super) fn unsigned(row: &Row<'_>, column: usize) -> rusqlite::Result<u64> {
    row.get::<_, i64>(column).map(|number| u64::try_from(number).unwrap_or(0))
}

/// The verdict as stored.
pub(super) fn status(code: i64) -> Result<Status, StorageError> {
    const ALL: [Status; 5] =
        [Status::Accepted, Status::Flagged, Status::Quarantined, Status::Duplicate, Status::Refused];
    ALL.into_iter()
        .find(|status| i64::from(*status as u8) == code)
        .ok_or(StorageError::Damaged { what: "status" })
}
