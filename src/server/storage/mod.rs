//! The ledger's home: what the rest of the server asks of a database, and the database that comes with the
//! program.
//!
//! The types here name no database. `sqlite::Storage` is the only implementation yet; its methods take and
//! return these types alone, so that they can become a trait when PostgreSQL joins it.

pub mod sqlite;

pub use sqlite::{Storage, restore};

use crate::domain::{DeviceId, PublicKey, SiteId, Timestamp};
use crate::sync::wire::{Conflict, Head, Heads, PushReply, ServerEpoch, Stream};
use uuid::Uuid;

/// Why the database could not do its work.
#[derive(Debug, thiserror::Error)]
pub enum StorageError {
    /// The database itself.
    #[error("database: {0}")]
    Sqlite(#[from] rusqlite::Error),
    /// Its schema could not be brought up to date.
    #[error("schema: {0}")]
    Migration(#[from] Box<refinery::Error>),
    /// A newer program wrote it.
    #[error("the database has schema {found}, this program knows up to {known}; use the newer program")]
    NewerSchema {
        /// What the file has.
        found: i64,
        /// What this program knows.
        known: i64,
    },
    /// The SQLite library can lose commits.
    #[error("SQLite {found} can lose commits in WAL mode; 3.51.3 or later is needed")]
    OldSqlite {
        /// Its version.
        found: String,
    },
    /// Files beside the database.
    #[error("file: {0}")]
    Io(#[from] std::io::Error),
    /// A stored row is not what the schema promises.
    #[error("the database holds a {what} that cannot be read")]
    Damaged {
        /// Which kind of row.
        what: &'static str,
    },
    /// Another writer moved the stream in between; the work was rolled back and can be done again.
    #[error("another writer was first")]
    Raced,
    /// The writer or the readers have stopped.
    #[error("the database is closed")]
    Closed,
    /// A commit failed that several requests shared.
    #[error("not saved: {0}")]
    NotSaved(String),
}

/// Which server this is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Identity {
    /// For ever.
    pub server_id: Uuid,
    /// Until a restore.
    pub epoch: ServerEpoch,
}

/// A device that is known, and what it must show.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct DeviceAuth {
    /// Where it works.
    pub site: SiteId,
    /// Which it is.
    pub device: DeviceId,
    /// Its key.
    pub key: PublicKey,
    /// True where it is locked out: what it recorded is taken into quarantine, and it is given nothing.
    pub revoked: bool,
}

/// A device as a person names it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NamedDevice {
    /// Where it works.
    pub site: SiteId,
    /// Which it is.
    pub device: DeviceId,
    /// Its name.
    pub name: String,
    /// True where it is locked out.
    pub revoked: bool,
}

/// Whether a signed request is let in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Admission {
    /// It comes for the first time.
    Fresh,
    /// It was served already.
    Again,
    /// Its device asks more often than can be remembered.
    TooMany,
}

/// A device to be.
#[derive(Debug, Clone)]
pub struct NewDevice {
    /// Its id.
    pub device: DeviceId,
    /// Its name, where the token names none.
    pub name: String,
    /// The public half of its key.
    pub key: PublicKey,
}

/// What a push came to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum PushOutcome {
    /// Stored.
    Stored(PushReply),
    /// Not stored, and why.
    Conflict(Conflict),
}

/// How far a device is here.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct DeviceHeads {
    /// Its newest epoch here.
    pub epoch: u32,
    /// Its last sequence in that epoch.
    pub last_seq: u64,
    /// Heads of its site.
    pub heads: Heads,
}

/// Where a reader of a stream stands.
#[derive(Debug, Clone, Copy)]
pub struct Cursor {
    /// Which stream.
    pub stream: Stream,
    /// The incarnation it knows.
    pub epoch: ServerEpoch,
    /// The last entry it has.
    pub after: Head,
    /// How many entries it wants at most.
    pub limit: usize,
}

/// A finished snapshot file.
#[derive(Debug, Clone)]
pub struct SnapshotFile {
    /// Where it lies.
    pub path: std::path::PathBuf,
    /// The stream's head in it.
    pub seq: u64,
    /// Its length.
    pub bytes: u64,
    /// Its strong entity tag, quoted.
    pub etag: String,
}

/// One line of the status page's device table.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DeviceRow {
    /// Its name.
    pub name: String,
    /// Its id.
    pub device: DeviceId,
    /// When it was last heard of; the epoch's begin for never.
    pub last_contact: Timestamp,
    /// Its newest epoch.
    pub epoch: u32,
    /// Events of that epoch in the ledger.
    pub accepted: u64,
    /// The newest event that it has told of.
    pub reported: u64,
    /// Milliseconds that its clock is behind.
    pub skew_ms: i64,
}

/// One open discrepancy.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DiscrepancyRow {
    /// What makes it one and the same.
    pub identity: String,
    /// The entry that brought it up; 0 for none.
    pub stream_seq: u64,
    /// What kind, as a stable code.
    pub kind: String,
    /// In words.
    pub detail: String,
    /// Since when.
    pub opened: Timestamp,
}

/// One of the newest events.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RecentRow {
    /// Its place.
    pub stream_seq: u64,
    /// Its kind.
    pub kind: String,
    /// The verdict.
    pub status: String,
    /// Why, where there is a reason.
    pub reason: String,
    /// The device's name.
    pub device: String,
    /// When it was received.
    pub received: Timestamp,
}

/// What the status page shows.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Overview {
    /// Entries in the ledger.
    pub events: u64,
    /// Lots with stock.
    pub lots: u64,
    /// Stops that have not ended.
    pub holds: u64,
    /// Open discrepancies in all.
    pub discrepancies: u64,
    /// Each device.
    pub devices: Vec<DeviceRow>,
    /// The newest open discrepancies.
    pub open: Vec<DiscrepancyRow>,
    /// The newest events.
    pub recent: Vec<RecentRow>,
}

/// What a check of the whole database found.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Findings {
    /// Sites looked at.
    pub sites: u64,
    /// Entries looked at.
    pub entries: u64,
    /// Everything that is wrong, in words.
    pub problems: Vec<String>,
}
