//! The embedded database: one writer thread that commits in groups, readers beside it.

mod backup;
mod log;
mod migrate;
mod readers;
mod tx;
mod writer;

pub use backup::{backup, restore};
#[cfg(feature = "postgres")]
pub(super) use backup::{incarnation, keep, new_file, open_to_copy};
pub(super) use migrate::{known as schema, of_file as schema_of};
#[cfg(feature = "postgres")]
pub(super) use tx::value;

use super::{Database, StorageError, Work};
use crate::server::metrics::Metrics;
use readers::Readers;
use rusqlite::config::DbConfig;
use rusqlite::{Connection, OpenFlags, params};
use std::path::{Path, PathBuf};
use std::sync::Arc;
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

/// One SQLite file. Cheap to clone.
#[derive(Clone)]
pub struct Sqlite {
    writer: Writer,
    readers: Arc<Readers>,
}

impl Sqlite {
    /// Opens the file, or makes it; what is written is counted.
    ///
    /// # Errors
    /// [`StorageError`] where the file cannot be opened, is of a newer program, or cannot be brought up to date.
    pub fn open(file: &Path, metrics: Arc<Metrics>) -> Result<Self, StorageError> {
        if rusqlite::version_number() < SQLITE_VERSION_MIN {
            return Err(StorageError::OldSqlite { found: rusqlite::version().to_owned() });
        }
        std::fs::create_dir_all(parent(file))?;
        let mut connection = connect(file, OpenFlags::default())?;
        connection.execute_batch(include_str!("open.sql"))?;
        migrate::run(&mut connection)?;
        identify(&connection)?;
        let readers = (0..READERS)
            .map(|_| connect(file, OpenFlags::SQLITE_OPEN_READ_ONLY | OpenFlags::SQLITE_OPEN_NO_MUTEX))
            .collect::<Result<Vec<_>, _>>()?;
        let copies = connect(file, OpenFlags::SQLITE_OPEN_READ_WRITE)?;
        Ok(Self {
            writer: Writer::start(connection, copies, metrics)?,
            readers: Arc::new(Readers::new(readers)),
        })
    }

    /// Closes the file. The writer is last: who closes it last puts the log into the file and takes it away, which a
    /// reader may not.
    pub async fn close(&self) {
        self.readers.close().await;
        self.writer.close().await;
    }
}

impl Database for Sqlite {
    async fn write<I: Send + Sync + 'static, T: Send + 'static>(
        &self,
        input: I,
        work: Work<I, T>,
    ) -> Result<T, StorageError> {
        self.writer.run(input, work).await
    }

    async fn read<I: Send + Sync + 'static, T: Send + 'static>(
        &self,
        input: I,
        work: Work<I, T>,
    ) -> Result<T, StorageError> {
        self.readers.run(input, work).await
    }
}

fn connect(path: &Path, flags: OpenFlags) -> Result<Connection, StorageError> {
    let connection = Connection::open_with_flags(path, flags)?;
    connection.busy_timeout(BUSY_TIMEOUT)?;
    connection.set_prepared_statement_cache_capacity(256);
    // Without it SQLite plans a statement anew for each new value that could match a partial index.
    connection.set_db_config(DbConfig::SQLITE_DBCONFIG_ENABLE_QPSG, true)?;
    Ok(connection)
}

/// Two processes may make the file at once: the first one's row counts for both.
fn identify(connection: &Connection) -> Result<(), StorageError> {
    connection.execute(
        "INSERT INTO server (id, server_id, server_epoch) VALUES (1, ?1, ?2) ON CONFLICT (id) DO NOTHING",
        params![Uuid::now_v7().as_bytes(), Uuid::now_v7().as_bytes()],
    )?;
    Ok(())
}

/// The folder of a file.
fn parent(path: &Path) -> PathBuf {
    path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new(".")).to_owned()
}
