//! The one way to open the file: lock → version checks → pragmas → migrate → checks.

use super::holds::Stops;
use super::identity::Identity;
use super::salvage::{self, Salvage};
use super::{OUTBOX_EVENTS_MAX, StoreError, migrate, outbox, rebase, settle};
use crate::domain::Timestamp;
use rusqlite::config::DbConfig;
use rusqlite::{Connection, ErrorCode, OpenFlags, Transaction, TransactionBehavior};
use std::cell::{Cell, RefCell};
use std::fs::{File, TryLockError};
use std::ops::Deref;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

/// Older ones can lose commits in WAL mode with two connections.
const SQLITE_VERSION_MIN: i32 = 3_051_003;
const BUSY_MS: u64 = 2_000;
const LOCK_TRIES: u32 = 40;
const LOCK_PAUSE: Duration = Duration::from_millis(5);
const STATEMENTS_MAX: usize = 160;
/// Newest own events that are compared with their hashes after a crash.
const EVENTS_CHECKED: i64 = 500;
/// Of the file that says that damage was seen while the store was in use.
pub(super) const SUSPECT: &str = ".suspect";
const PRAGMAS: &str = include_str!("sql/pragmas.sql");

/// What opening found.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct OpenReport {
    /// There was no file.
    pub created: bool,
    /// There was a damaged one: what became of it.
    pub salvage: Option<Salvage>,
}

/// A read-only connection; what is asked here never blocks the writer. [`Store`] answers the same questions.
#[derive(Debug)]
pub struct Reader {
    pub(super) db: Connection,
    pub(super) capacity: u64,
    pub(super) stops: RefCell<Stops>,
    /// Nobody else writes to the file.
    pub(super) is_writer: bool,
    pub(super) address: String,
    /// Damage was met.
    pub(super) suspected: Cell<bool>,
}

/// The single writer.
#[derive(Debug)]
pub struct Store {
    pub(super) reader: Reader,
    pub(super) identity: Option<Identity>,
    pub(super) skew_ms: Option<i64>,
    pub(super) pending: u64,
    /// The newest event that the present round of [`Store::purge`] has looked at.
    pub(super) purged_to: i64,
    /// A commit failed, and what the disk has of it is not known.
    pub(super) unsettled: bool,
    /// Held as long as the store lives: a second process must not write.
    pub(super) _lock: Option<File>,
}

impl Deref for Store {
    type Target = Reader;
    fn deref(&self) -> &Reader {
        &self.reader
    }
}

impl Store {
    /// Opens or creates the file at `path`.
    ///
    /// A damaged file is moved aside with its `-wal` and `-shm`, and what can be read of it is carried into a new one;
    /// the report says so. Damage is looked for where it is likely: in what only this device has after an unclean end,
    /// everywhere after [`StoreError::Damaged`] was met while the store was in use.
    ///
    /// # Errors
    /// [`StoreError::Locked`] while another process writes to it; [`StoreError::NewerSchema`] and
    /// [`StoreError::Foreign`] leave the file as it is.
    pub fn open(path: &Path, now: Timestamp) -> Result<(Self, OpenReport), StoreError> {
        check_sqlite()?;
        let lock = lock(path)?;
        salvage::finish_interrupted(path, now)?;
        let address = path.to_string_lossy().into_owned();
        let over = |db| Self::over(db, address.clone());
        let opened = open_checked(path).or_else(|error| match error {
            // A disk that answered wrongly once is no reason to give up a file.
            StoreError::Damaged(_) => open_checked(path),
            other => Err(other),
        });
        let opened = opened.and_then(|(db, created)| Ok((over(db)?, created)));
        let (mut store, report) = match opened {
            Ok((store, created)) => (store, OpenReport { created, salvage: None }),
            Err(StoreError::Damaged(why)) => {
                let (db, salvage) = salvage::replace(path, &why, now)?;
                (over(db)?, OpenReport { created: false, salvage: Some(salvage) })
            }
            Err(error) => return Err(error),
        };
        store._lock = Some(lock);
        Ok((store, report))
    }

    /// A store that lives as long as this process, for tests and demonstrations.
    ///
    /// # Errors
    /// What SQLite says.
    pub fn open_in_memory() -> Result<Self, StoreError> {
        static NUMBER: AtomicU64 = AtomicU64::new(0);
        check_sqlite()?;
        let address = format!("file:/firstout-{}?vfs=memdb", NUMBER.fetch_add(1, Ordering::Relaxed));
        let mut db = connect(&address, OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_CREATE)?;
        db.execute_batch(PRAGMAS)?;
        migrate::run(&mut db)?;
        Self::over(db, address)
    }

    pub(super) fn over(db: Connection, address: String) -> Result<Self, StoreError> {
        let (capacity, stops) = (OUTBOX_EVENTS_MAX, RefCell::default());
        let suspected = Cell::new(false);
        let reader = Reader { db, capacity, stops, is_writer: true, address, suspected };
        let identity = reader.identity()?;
        let (skew_ms, pending) = (reader.stored_skew()?, reader.count_unsent()?);
        let mut store =
            Self { reader, identity, skew_ms, pending, purged_to: 0, unsettled: false, _lock: None };
        store.write(rebase::replay_unread)?;
        Ok(store)
    }

    /// A second, read-only connection to the same file, for another thread.
    ///
    /// # Errors
    /// What SQLite says.
    pub fn reader(&self) -> Result<Reader, StoreError> {
        let db = connect(&self.reader.address, OpenFlags::SQLITE_OPEN_READ_ONLY)?;
        // It may be the last one to close a file that was moved aside.
        db.set_db_config(DbConfig::SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, true)?;
        let (address, stops, suspected) = (self.reader.address.clone(), RefCell::default(), Cell::new(false));
        Ok(Reader { db, capacity: self.capacity, stops, is_writer: false, address, suspected })
    }

    /// A site's policy for how many events may wait on a device; never above [`OUTBOX_EVENTS_MAX`].
    pub fn limit_outbox(&mut self, events: u64) {
        self.reader.capacity = events.min(OUTBOX_EVENTS_MAX);
    }

    /// One transaction: all of `change` or nothing of it. Only [`StoreError::Unsure`] leaves open which.
    pub(super) fn write<T>(
        &mut self,
        change: impl FnOnce(&Transaction<'_>) -> Result<T, StoreError>,
    ) -> Result<T, StoreError> {
        if self.unsettled {
            self.settle()?;
        }
        let done = transact(&mut self.reader.db, change).map_err(|failed| {
            self.unsettled = failed.unsure;
            failed.error
        });
        if let Err(error) = &done {
            self.reader.note(error);
            if self.unsettled {
                tracing::error!(%error, "a commit failed");
                self.settle()?;
            }
        }
        done
    }
}

/// Why a transaction was not done.
pub(super) struct Failed {
    pub(super) error: StoreError,
    /// While it was made to last: some of it may be on the disk.
    pub(super) unsure: bool,
}

impl<E: Into<StoreError>> From<E> for Failed {
    fn from(error: E) -> Self {
        Self { error: error.into(), unsure: false }
    }
}

pub(super) fn transact<T>(
    db: &mut Connection,
    change: impl FnOnce(&Transaction<'_>) -> Result<T, StoreError>,
) -> Result<T, Failed> {
    let tx = db.transaction_with_behavior(TransactionBehavior::Immediate)?;
    let done = change(&tx)?;
    tx.commit().map_err(|error| {
        // Where the log could not grow, its last page is missing; what a busy file was given it did not take.
        let refused = matches!(
            error.sqlite_error_code(),
            Some(ErrorCode::DiskFull | ErrorCode::DatabaseBusy | ErrorCode::DatabaseLocked)
        );
        Failed { error: error.into(), unsure: !refused }
    })?;
    Ok(done)
}

fn check_sqlite() -> Result<(), StoreError> {
    if rusqlite::version_number() < SQLITE_VERSION_MIN {
        return Err(StoreError::OldSqlite { found: rusqlite::version(), needed: "3.51.3" });
    }
    Ok(())
}

/// `<path><suffix>`, the way SQLite names the files beside a database.
pub(super) fn beside(path: &Path, suffix: &str) -> PathBuf {
    let mut name = path.as_os_str().to_owned();
    name.push(suffix);
    PathBuf::from(name)
}

/// A program that this process starts holds a copy of the lock until it has begun, so a lock that was just given up may
/// look taken for a moment.
fn lock(path: &Path) -> Result<File, StoreError> {
    let file = File::options().create(true).truncate(false).write(true).open(beside(path, ".lock"))?;
    for _ in 0..LOCK_TRIES {
        match file.try_lock() {
            Ok(()) => return Ok(file),
            Err(TryLockError::WouldBlock) => std::thread::sleep(LOCK_PAUSE),
            Err(TryLockError::Error(error)) => return Err(error.into()),
        }
    }
    Err(StoreError::Locked)
}

pub(super) fn connect(address: &str, flags: OpenFlags) -> Result<Connection, StoreError> {
    let common = OpenFlags::SQLITE_OPEN_NO_MUTEX | OpenFlags::SQLITE_OPEN_EXRESCODE;
    let uri = if address.starts_with("file:") { OpenFlags::SQLITE_OPEN_URI } else { OpenFlags::empty() };
    let db = Connection::open_with_flags(address, flags | common | uri)?;
    // With a partial index in the schema, SQLite would plan a cached statement anew for every value it is given.
    db.set_db_config(DbConfig::SQLITE_DBCONFIG_ENABLE_QPSG, true)?;
    db.busy_timeout(Duration::from_millis(BUSY_MS))?;
    db.set_prepared_statement_cache_capacity(STATEMENTS_MAX);
    Ok(db)
}

/// A connection that will not touch the file when it is closed before [`finish`].
pub(super) fn connect_careful(path: &Path, flags: OpenFlags) -> Result<Connection, StoreError> {
    let db = connect(&path.to_string_lossy(), flags)?;
    db.set_db_config(DbConfig::SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, true)?;
    Ok(db)
}

/// Opens, checks and migrates; the flag says whether the file is new.
pub(super) fn open_checked(path: &Path) -> Result<(Connection, bool), StoreError> {
    // SQLite removes the -wal file when the last connection closes in order.
    let unclean = std::fs::metadata(beside(path, "-wal")).is_ok_and(|wal| wal.len() > 0);
    let flags = OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_CREATE;
    let mut db = connect_careful(path, flags)?;
    let created = migrate::check(&db)?;
    db.execute_batch(PRAGMAS)?;
    migrate::run(&mut db)?;
    let suspect = beside(path, SUSPECT);
    if suspect.exists() {
        quick_check(&db, "PRAGMA quick_check(1)")?;
        check_events(&db, i64::MAX)?;
        std::fs::remove_file(suspect)?;
    } else if unclean {
        check_after_crash(&db)?;
    }
    // What was read from the log may be in memory only, where a sync failed before the program ended.
    if unclean && let Err(error) = settle::begin_log_anew(&mut db) {
        tracing::warn!(%error, "the log cannot be emptied now");
    }
    db.set_db_config(DbConfig::SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, false)?;
    Ok((db, created))
}

/// The tables that nobody else has a copy of and the small ones. The large projections are checked by
/// [`Reader::check`] beside the work: what is damaged there can be fetched again.
fn check_after_crash(db: &Connection) -> Result<(), StoreError> {
    for table in ["device", "contact", "cursor", "outbox", "hold", "hold_end"] {
        quick_check(db, &format!("PRAGMA quick_check('{table}')"))?;
    }
    check_events(db, EVENTS_CHECKED)
}

pub(super) fn check_events(db: &Connection, newest: i64) -> Result<(), StoreError> {
    match outbox::first_broken_link(db, newest)? {
        Some(seq) => Err(StoreError::Damaged(format!("event {seq} is not what was confirmed"))),
        None => Ok(()),
    }
}

/// The file as it is, without a check: where nothing better can be had.
pub(super) fn reopen(path: &Path) -> Result<Connection, StoreError> {
    let db = connect_careful(path, OpenFlags::SQLITE_OPEN_READ_WRITE)?;
    db.execute_batch(PRAGMAS)?;
    Ok(db)
}

pub(super) fn quick_check(db: &Connection, sql: &str) -> Result<(), StoreError> {
    let finding: String = db.query_row(sql, (), |row| row.get(0))?;
    if finding == "ok" { Ok(()) } else { Err(StoreError::Damaged(finding)) }
}
