//! The embedded database: one writer thread that commits in groups, readers beside it.

mod alarm;
mod backup;
mod enrol;
mod facts;
mod import;
mod ingest;
mod judge;
mod keys;
mod master;
mod migrate;
mod overview;
mod project;
mod pull;
mod readers;
mod records;
mod row;
mod snapshot;
mod verify;
mod writer;

pub use backup::restore;

use super::{Identity, StorageError};
use crate::domain::SiteId;
use crate::sync::wire::{Hash, Head, Heads, ServerEpoch, Stream};
use readers::Readers;
use records::Records;
use row::{int, unsigned};
use rusqlite::config::DbConfig;
use rusqlite::{Connection, OpenFlags, OptionalExtension as _, params};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex};
use std::time::Duration;
use uuid::Uuid;
use writer::Writer;

/// The database's file in the data folder.
pub const FILE: &str = "firstout.sqlite";
/// Readers beside the writer.
const READERS: usize = 4;
/// How long to wait for another process that holds the file.
const BUSY_TIMEOUT: Duration = Duration::from_secs(10);
/// The first SQLite without the WAL reset defect (two connections could lose a commit).
const SQLITE_VERSION_MIN: i32 = 3_051_003;

/// The ledger, its projections and its devices in one SQLite file. Cheap to clone.
#[derive(Clone)]
pub struct Storage {
    writer: Writer,
    readers: Arc<Readers>,
    records: Arc<Mutex<Records>>,
    /// Held while a snapshot is made.
    snapshot_turn: Arc<tokio::sync::Mutex<()>>,
    identity: Identity,
    folder: Arc<PathBuf>,
}

impl Storage {
    /// Opens the database in `folder`, or makes it.
    ///
    /// # Errors
    /// [`StorageError`] where the file cannot be opened, is of a newer program, or cannot be brought up to date.
    pub fn open(folder: &Path) -> Result<Self, StorageError> {
        if rusqlite::version_number() < SQLITE_VERSION_MIN {
            return Err(StorageError::OldSqlite { found: rusqlite::version().to_owned() });
        }
        std::fs::create_dir_all(folder)?;
        let path = folder.join(FILE);
        let mut connection = connect(&path, OpenFlags::default())?;
        connection.execute_batch(include_str!("sql/open.sql"))?;
        migrate::run(&mut connection)?;
        let identity = identity(&connection)?;
        let readers = (0..READERS)
            .map(|_| connect(&path, OpenFlags::SQLITE_OPEN_READ_ONLY | OpenFlags::SQLITE_OPEN_NO_MUTEX))
            .collect::<Result<Vec<_>, _>>()?;
        Ok(Self {
            writer: Writer::start(connection)?,
            readers: Arc::new(Readers::new(readers)),
            records: Arc::default(),
            snapshot_turn: Arc::default(),
            identity,
            folder: Arc::new(folder.to_owned()),
        })
    }

    /// True where `folder` holds a database.
    #[must_use]
    pub fn exists(folder: &Path) -> bool {
        folder.join(FILE).is_file()
    }

    /// Which server this is.
    #[must_use]
    pub fn identity(&self) -> Identity {
        self.identity
    }

    /// The folder with the database.
    #[must_use]
    pub fn folder(&self) -> &Path {
        &self.folder
    }

    /// Runs `work` on the writer; what it returns is durable when this returns.
    async fn write<T: Send + 'static>(
        &self,
        work: impl FnOnce(&Connection) -> Result<T, StorageError> + Send + 'static,
    ) -> Result<T, StorageError> {
        self.writer.run(work).await
    }

    /// Runs `work` on a reader, in one read transaction.
    async fn read<T: Send + 'static>(
        &self,
        work: impl FnOnce(&Connection) -> Result<T, StorageError> + Send + 'static,
    ) -> Result<T, StorageError> {
        self.readers.run(work).await
    }

    /// True where the writer can write and its schema is this program's.
    ///
    /// # Errors
    /// What keeps it from writing.
    pub async fn ready(&self) -> Result<(), StorageError> {
        self.write(|connection| {
            connection.prepare_cached("UPDATE server SET id = 1 WHERE id = 1")?.execute([])?;
            Ok(())
        })
        .await
    }
}

fn connect(path: &Path, flags: OpenFlags) -> Result<Connection, StorageError> {
    let connection = Connection::open_with_flags(path, flags)?;
    connection.busy_timeout(BUSY_TIMEOUT)?;
    connection.set_prepared_statement_cache_capacity(128);
    // Without it SQLite plans a statement anew for each new value that could match a partial index.
    connection.set_db_config(DbConfig::SQLITE_DBCONFIG_ENABLE_QPSG, true)?;
    Ok(connection)
}

fn identity(connection: &Connection) -> Result<Identity, StorageError> {
    // Two processes may make the file at once: the first one's row counts for both.
    connection.execute(
        "INSERT INTO server (id, server_id, server_epoch) VALUES (1, ?1, ?2) ON CONFLICT (id) DO NOTHING",
        params![Uuid::now_v7().as_bytes(), Uuid::now_v7().as_bytes()],
    )?;
    let (server_id, epoch) =
        connection.query_row("SELECT server_id, server_epoch FROM server WHERE id = 1", [], |row| {
            Ok((Uuid::from_bytes(row.get(0)?), Uuid::from_bytes(row.get(1)?)))
        })?;
    Ok(Identity { server_id, epoch: ServerEpoch(epoch) })
}

/// The newest entry of a stream; of an empty one where the site is new.
fn head(connection: &Connection, site: SiteId, stream: Stream) -> Result<Head, StorageError> {
    let found = connection
        .prepare_cached("SELECT next_seq - 1, head_hash FROM stream WHERE site = ?1 AND name = ?2")?
        .query_row(params![site.0, stream.name()], |row| {
            Ok(Head { seq: unsigned(row, 0)?, hash: Hash(row.get(1)?) })
        })
        .optional()?;
    Ok(found.unwrap_or_default())
}

fn heads(connection: &Connection, site: SiteId) -> Result<Heads, StorageError> {
    Ok(Heads {
        control: head(connection, site, Stream::Control)?,
        master: head(connection, site, Stream::Master)?,
        site: head(connection, site, Stream::Site)?,
    })
}

/// Moves a stream's counter from `from` to `to`: the last statement of whoever appends, so that its row lock
/// is short and the order of commits is the order of entries.
fn advance(
    connection: &Connection,
    site: SiteId,
    stream: Stream,
    from: Head,
    to: Head,
) -> Result<(), StorageError> {
    if from == to {
        return Ok(());
    }
    let next = connection
        .prepare_cached(include_str!("sql/advance.sql"))?
        .query_row(
            params![site.0, stream.name(), int(to.seq - from.seq), to.hash.0, int(from.seq + 1)],
            |row| unsigned(row, 0),
        )
        .optional()?;
    if next == Some(to.seq + 1) { Ok(()) } else { Err(StorageError::Raced) }
}
