//! The ledger's home: what the rest of the server asks of a database, and the two databases that can answer.
//!
//! What is asked stands once, here, over [`tx::Tx`]: a transaction that takes statements. SQLite (`sqlite`: one writer
//! that commits in groups, readers beside it) and PostgreSQL (`postgres`: a pool that several server processes share)
//! each implement [`Database`] and `Tx`, and nothing else of the server knows which of them it is.
//!
//! # To add a query
//!
//! 1. Tables: the next migration with the same number and name in `sqlite/migrations` and `postgres/migrations`
//!    (INTEGER is BIGINT there, BLOB is UUID for ids and BYTEA for the rest, `STRICT, WITHOUT ROWID` goes away), the site
//!    first in every key; and nothing else: backups copy every table.
//! 2. The statement: one text for both, in `sql/` where it has more than a line (rules in [`tx`]).
//! 3. An `async fn name(input: &Input, tx: &mut dyn Tx)` that runs it and reads its rows, and a method of [`Storage`]:
//!    `self.read(input, |input, tx| Box::pin(name(input, tx))).await`, or `write`. What it does outside the transaction
//!    may happen twice: a database may ask for all of it again.
//! 4. A test in `tests/it/server_*.rs` that takes a `Db`: it runs on both.

mod api_keys;
mod ask;
mod audit;
mod backup;
mod checkup;
pub mod console;
mod enrol;
pub mod export;
mod figures;
mod group;
mod import;
mod keys;
mod master;
mod merkle;
mod people;
mod place;
#[cfg(feature = "postgres")]
pub mod postgres;
mod push;
mod records;
mod save;
mod snapshot;
pub mod sqlite;
mod stream;
pub mod tx;
mod verify;
mod webhooks;

pub use audit::{Act, AuditEntry, AuditRow, COMMAND_LINE, SERVER};
pub use backup::{move_to, restore};
pub use checkup::{Checkup, SeenDevice, schema_of};
pub use enrol::DeviceReport;
pub use figures::SiteFigures;
pub use people::{IDLE_MS_MAX, LOCKED_MS, PIN_TRIES_MAX, SESSION_MS_MAX, SessionKey};
pub use place::{Place, PlaceError};
pub use verify::{About, BadPlace, Compared, Findings, Ledger, Report};
pub use webhooks::{Claimed, Failed, Lease, NewWebhook, News};

use crate::domain::{DeviceId, PublicKey, SiteId};
use crate::server::ingest::Batch;
use crate::server::metrics::Metrics;
use crate::sync::wire::{Conflict, Head, Heads, PullReply, PushReply, ServerEpoch, Stream};
use group::Groups;
use records::Records;
use std::path::{Path, PathBuf};
use std::pin::Pin;
use std::sync::Arc;
use tx::Tx;
use uuid::Uuid;

/// Why the database could not do its work.
#[derive(Debug, thiserror::Error)]
pub enum StorageError {
    /// The database itself.
    #[error("database: {0}")]
    Sqlite(#[from] rusqlite::Error),
    /// The same, of PostgreSQL.
    #[cfg(feature = "postgres")]
    #[error("database: {}", postgres::said(.0))]
    Postgres(#[from] tokio_postgres::Error),
    /// No connection to it could be had.
    #[error("no connection to the database: {0}")]
    NoConnection(String),
    /// Where it is said to be cannot be.
    #[error(transparent)]
    Place(#[from] PlaceError),
    /// It holds something already.
    #[error("the database is not empty")]
    NotEmpty,
    /// It was asked again and again and others were always first.
    #[error("the database is too busy")]
    Busy,
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

/// Work under way in a transaction.
pub type Doing<'a, T> = Pin<Box<dyn Future<Output = Result<T, StorageError>> + Send + 'a>>;
/// Work to do in a transaction, with what it needs.
pub type Work<I, T> = for<'a> fn(&'a I, &'a mut (dyn Tx + 'a)) -> Doing<'a, T>;

/// A database: runs work in transactions.
pub trait Database {
    /// Runs work that changes something; what it returns is durable when this returns. The work may be run again where
    /// the database asks for that.
    fn write<I: Send + Sync + 'static, T: Send + 'static>(
        &self,
        input: I,
        work: Work<I, T>,
    ) -> impl Future<Output = Result<T, StorageError>> + Send;

    /// Runs work that only reads, on one state of the database.
    fn read<I: Send + Sync + 'static, T: Send + 'static>(
        &self,
        input: I,
        work: Work<I, T>,
    ) -> impl Future<Output = Result<T, StorageError>> + Send;
}

#[derive(Clone)]
enum Either {
    Sqlite(sqlite::Sqlite),
    #[cfg(feature = "postgres")]
    Postgres(postgres::Postgres),
}

impl Either {
    /// A site's ledger is ten times as long as when this was said before: what the database knows of its tables is old.
    fn grew(&self) {
        match self {
            // It has fixed statistics.
            Self::Sqlite(_) => {}
            #[cfg(feature = "postgres")]
            Self::Postgres(database) => database.look_at_tables(),
        }
    }
}

/// The ledger, its projections and its devices, on the database that was chosen. Cheap to clone.
#[derive(Clone)]
pub struct Storage {
    database: Either,
    place: Arc<Place>,
    records: Arc<Records>,
    groups: Arc<Groups>,
    metrics: Arc<Metrics>,
    /// Held while a snapshot is made.
    snapshot_turn: Arc<tokio::sync::Mutex<()>>,
    folder: Arc<PathBuf>,
}

impl Storage {
    /// Opens a database, or makes it; `folder` takes what lies beside it (snapshots).
    ///
    /// # Errors
    /// [`StorageError`] where it cannot be opened, is of a newer program, or cannot be brought up to date.
    pub async fn open(place: &Place, folder: &Path) -> Result<Self, StorageError> {
        let metrics = Arc::new(Metrics::new(place.kind()));
        let database = match place {
            Place::Sqlite(file) => Either::Sqlite(sqlite::Sqlite::open(file, Arc::clone(&metrics))?),
            #[cfg(feature = "postgres")]
            Place::Postgres(url) => Either::Postgres(postgres::Postgres::open(url).await?),
            #[cfg(not(feature = "postgres"))]
            Place::Postgres(_) => return Err(PlaceError::NotBuiltIn.into()),
        };
        std::fs::create_dir_all(folder)?;
        Ok(Self {
            database,
            place: Arc::new(place.clone()),
            records: Arc::default(),
            groups: Arc::default(),
            metrics,
            snapshot_turn: Arc::default(),
            folder: Arc::new(folder.to_owned()),
        })
    }

    /// Where the database is.
    #[must_use]
    pub fn place(&self) -> &Place {
        &self.place
    }

    /// The folder for what lies beside the database.
    #[must_use]
    pub fn folder(&self) -> &Path {
        &self.folder
    }

    /// What is counted here.
    #[must_use]
    pub fn metrics(&self) -> &Metrics {
        &self.metrics
    }

    /// Closes the database, whoever else still has a clone of this: what was asked for is done first, what is asked for
    /// later gets [`StorageError::Closed`], and a file is whole by itself.
    pub async fn close(&self) {
        match &self.database {
            Either::Sqlite(database) => database.close().await,
            #[cfg(feature = "postgres")]
            Either::Postgres(database) => database.close(),
        }
    }

    /// Runs work that changes something; see [`Database::write`].
    async fn write<I: Send + Sync + 'static, T: Send + 'static>(
        &self,
        input: I,
        work: Work<I, T>,
    ) -> Result<T, StorageError> {
        match &self.database {
            Either::Sqlite(database) => database.write(input, work).await,
            #[cfg(feature = "postgres")]
            Either::Postgres(database) => {
                let begun = std::time::Instant::now();
                let done = database.write(input, work).await;
                self.metrics.write_ended(begun.elapsed());
                done
            }
        }
    }

    /// Runs work that only reads; see [`Database::read`].
    async fn read<I: Send + Sync + 'static, T: Send + 'static>(
        &self,
        input: I,
        work: Work<I, T>,
    ) -> Result<T, StorageError> {
        match &self.database {
            Either::Sqlite(database) => database.read(input, work).await,
            #[cfg(feature = "postgres")]
            Either::Postgres(database) => database.read(input, work).await,
        }
    }

    /// Reads rows by their keys, however many there are, beside those who write.
    async fn look_up<I: Send + Sync + 'static, T: Send + 'static>(
        &self,
        input: I,
        work: Work<I, T>,
    ) -> Result<T, StorageError> {
        match &self.database {
            Either::Sqlite(database) => database.read(input, work).await,
            #[cfg(feature = "postgres")]
            Either::Postgres(database) => database.look_up(input, work).await,
        }
    }

    /// Which server this is. Asked of the database each time: another process may have restored it.
    ///
    /// # Errors
    /// [`StorageError`] where the database cannot be read.
    pub async fn identity(&self) -> Result<Identity, StorageError> {
        self.read((), |(), tx| Box::pin(stream::identity(&(), tx))).await
    }

    /// The schema of a database that can be written and that this program knows.
    ///
    /// # Errors
    /// What keeps it from that.
    pub async fn ready(&self) -> Result<i64, StorageError> {
        self.write((), |(), tx| Box::pin(ready(tx))).await
    }

    /// Takes a push, all of it or none; what it answers is durable.
    ///
    /// # Errors
    /// [`StorageError`] where nothing was saved.
    pub async fn push(&self, batch: Batch) -> Result<PushOutcome, StorageError> {
        self.grouped(batch).await
    }

    /// The entries after a cursor, or the conflict where the cursor is not on this stream.
    ///
    /// # Errors
    /// [`StorageError`] where the database cannot be read.
    pub async fn pull(
        &self,
        device: DeviceAuth,
        cursor: Cursor,
    ) -> Result<Result<PullReply, Conflict>, StorageError> {
        self.read((device, cursor), |input, tx| Box::pin(stream::pull(input, tx))).await
    }
}

async fn ready(tx: &mut dyn Tx) -> Result<i64, StorageError> {
    let known = sqlite::schema();
    let found = tx.row("SELECT max(version) FROM refinery_schema_history", &[]).await?;
    let found = found.map_or(Ok(0), |mut row| row.int())?;
    if found > known {
        return Err(StorageError::NewerSchema { found, known });
    }
    tx.execute("UPDATE server SET id = 1 WHERE id = 1", &[]).await?;
    Ok(found)
}

impl StorageError {
    /// True where the same request may well succeed a little later.
    #[must_use]
    pub fn passes(&self) -> bool {
        match self {
            Self::Closed | Self::Raced | Self::Busy | Self::NotSaved(_) | Self::NoConnection(_) => true,
            #[cfg(feature = "postgres")]
            Self::Postgres(error) => postgres::passes(error),
            _ => false,
        }
    }
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
    /// Of the server.
    pub identity: Identity,
    /// Its newest epoch here.
    pub epoch: u32,
    /// Its chain in that epoch.
    pub last: Head,
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
