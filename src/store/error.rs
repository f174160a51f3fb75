//! What can go wrong with the file, in the terms that a person on the floor can be told.

use crate::domain::{DecodeError, LabelError};
use crate::sync::wire::Stream;
use rusqlite::{ErrorCode, ffi};

/// Why the store did not do what was asked. Nothing was changed where an error is returned, except that nobody knows
/// after [`StoreError::Unsure`].
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    /// No room left on the device.
    #[error("the device's storage is full")]
    DiskFull,
    /// Another connection holds the file for longer than the time allowed.
    #[error("the file is busy")]
    Busy,
    /// Another process has the file open for writing.
    #[error("another program has this file open")]
    Locked,
    /// Bytes in the file are not what SQLite wrote.
    #[error("the file is damaged: {0}")]
    Damaged(String),
    /// Another thread ended the query.
    #[error("the query was ended")]
    Interrupted,
    /// Written by a newer program; left as it is.
    #[error("the file has schema {found}, this program knows up to {known}")]
    NewerSchema {
        /// The file's schema.
        found: u32,
        /// The newest one known.
        known: u32,
    },
    /// A SQLite file of something else; left as it is.
    #[error("the file belongs to another program")]
    Foreign,
    /// This SQLite can lose commits.
    #[error("SQLite {found} is older than {needed}")]
    OldSqlite {
        /// The version linked.
        found: &'static str,
        /// The oldest one allowed.
        needed: &'static str,
    },
    /// The operating system refused to read or write.
    #[error("the file cannot be read or written: {0}")]
    Io(String),
    /// The disk failed while it wrote, and goes on failing: what was asked may be there after a restart. Before the next
    /// change in this process it is undone for certain, so that asking again never counts twice.
    #[error("the disk fails, and it is not known what it wrote: {0}")]
    Unsure(String),
    /// As many events as the device keeps wait to be sent.
    #[error("{pending} events wait to be sent, there is room for {capacity}")]
    OutboxFull {
        /// Events waiting.
        pending: u64,
        /// Events that may wait.
        capacity: u64,
    },
    /// The device has not been enrolled at a site.
    #[error("the device is not enrolled")]
    NotEnrolled,
    /// The device would leave its server or site with events that only it has.
    #[error("{pending} events have not been sent to the server that the device is enrolled at")]
    Unsent {
        /// Events waiting.
        pending: u64,
    },
    /// An epoch that is not newer than the device's.
    #[error("epoch {found} is not above the device's epoch {known}")]
    OldEpoch {
        /// The epoch asked for.
        found: u32,
        /// The device's.
        known: u32,
    },
    /// The event cannot be frozen.
    #[error(transparent)]
    Event(#[from] DecodeError),
    /// A page does not follow what was read before it.
    #[error("the {} stream goes on with entry {found}, expected {expected}", stream.name())]
    Gap {
        /// Which stream.
        stream: Stream,
        /// The entry that would follow.
        expected: u64,
        /// The entry that came.
        found: u64,
    },
    /// A page's chain does not continue ours: the server's past is not the one that was read.
    #[error("the {} stream's chain is broken at entry {seq}", stream.name())]
    Chain {
        /// Which stream.
        stream: Stream,
        /// The last entry of the page.
        seq: u64,
    },
    /// What the server sent is not what the protocol says.
    #[error("the server's answer cannot be used: {0}")]
    Protocol(String),
    /// Anything else that SQLite says.
    #[error("the database refused: {0}")]
    Sql(rusqlite::Error),
}

impl From<rusqlite::Error> for StoreError {
    fn from(error: rusqlite::Error) -> Self {
        let rusqlite::Error::SqliteFailure(failure, _) = &error else {
            return match error {
                rusqlite::Error::FromSqlConversionFailure(..)
                | rusqlite::Error::InvalidColumnType(..)
                | rusqlite::Error::Utf8Error(..)
                | rusqlite::Error::IntegralValueOutOfRange(..) => Self::Damaged(error.to_string()),
                other => Self::Sql(other),
            };
        };
        match failure.code {
            ErrorCode::DiskFull => Self::DiskFull,
            // The -shm file could not grow.
            _ if failure.extended_code == ffi::SQLITE_IOERR_SHMSIZE => Self::DiskFull,
            ErrorCode::DatabaseBusy | ErrorCode::DatabaseLocked => Self::Busy,
            ErrorCode::DatabaseCorrupt | ErrorCode::NotADatabase => Self::Damaged(error.to_string()),
            ErrorCode::OperationInterrupted => Self::Interrupted,
            ErrorCode::SystemIoFailure
            | ErrorCode::CannotOpen
            | ErrorCode::ReadOnly
            | ErrorCode::PermissionDenied => Self::Io(error.to_string()),
            _ => Self::Sql(error),
        }
    }
}

impl From<std::io::Error> for StoreError {
    fn from(error: std::io::Error) -> Self {
        match error.kind() {
            std::io::ErrorKind::StorageFull | std::io::ErrorKind::QuotaExceeded => Self::DiskFull,
            _ => Self::Io(error.to_string()),
        }
    }
}

/// A label that was stored is no label any more: the file is damaged.
impl From<LabelError> for StoreError {
    fn from(error: LabelError) -> Self {
        Self::Damaged(error.to_string())
    }
}
