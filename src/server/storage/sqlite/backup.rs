//! Copies of the file while it is in use, each a single file, verified before it takes its name.

use super::super::backup::Reached;
use super::super::{Findings, verify};
use super::tx::{SqliteTx, at_once};
use super::{StorageError, connect, migrate, parent};
use rusqlite::backup::Backup;
use rusqlite::{Connection, OpenFlags};
use std::fs::File;
use std::io::{Error, ErrorKind};
use std::path::{Path, PathBuf};
use std::time::Duration;
use uuid::Uuid;

/// All pages in one step: one state of the database, and in WAL mode nobody waits for it.
const PAGES_PER_STEP: i32 = i32::MAX;
const BUSY_PAUSE: Duration = Duration::from_millis(50);

/// Copies the database at `from` into `file`, which it replaces once the copy was verified and is durable. Findings with
/// problems mean that the database is not sound: `file` is as it was.
///
/// # Errors
/// [`StorageError`] where the copy cannot be written or read.
pub fn backup(from: &Path, file: &Path) -> Result<(Findings, Vec<Reached>), StorageError> {
    if same(from, file) {
        return Err(refuse(ErrorKind::InvalidInput, "a backup cannot take the database's own place"));
    }
    let part = part_of(file)?;
    keep(duplicate(from, &part)?, &part, file)
}

/// A file at `<file>.part` with the newest schema and nothing in it.
#[cfg(feature = "postgres")]
pub(in crate::server::storage) fn new_file(file: &Path) -> Result<(Connection, PathBuf), StorageError> {
    std::fs::create_dir_all(parent(file))?;
    let part = part_of(file)?;
    let mut connection = connect(&part, OpenFlags::default())?;
    connection.pragma_update(None, "synchronous", "FULL")?;
    migrate::run(&mut connection)?;
    Ok((connection, part))
}

/// A file to read all of. `exclusive`: nobody else may have it open until this is dropped.
#[cfg(feature = "postgres")]
pub(in crate::server::storage) fn open_to_copy(
    file: &Path,
    exclusive: bool,
) -> Result<Connection, StorageError> {
    if !file.is_file() {
        return Err(refuse(ErrorKind::NotFound, "there is no such file"));
    }
    let mut connection = Connection::open_with_flags(file, OpenFlags::SQLITE_OPEN_READ_WRITE)?;
    if exclusive {
        connection.pragma_update_and_check(None, "locking_mode", "EXCLUSIVE", |_| Ok(()))?;
        let busy = |_| refuse(ErrorKind::ResourceBusy, "a server is using this file; stop it first");
        connection.execute_batch("BEGIN IMMEDIATE; COMMIT").map_err(busy)?;
    }
    migrate::run(&mut connection)?;
    connection.execute_batch("BEGIN IMMEDIATE")?;
    Ok(connection)
}

/// A copy of a backup at `<to>.part`, brought up to date, as a new incarnation; with problems there is none.
#[cfg(feature = "postgres")]
pub(in crate::server::storage) fn incarnation(
    file: &Path,
    to: &Path,
) -> Result<(Findings, PathBuf), StorageError> {
    std::fs::create_dir_all(parent(to))?;
    let part = part_of(to)?;
    let mut connection = duplicate(file, &part)?;
    migrate::run(&mut connection)?;
    let findings = at_once(verify::check(&mut SqliteTx(&mut connection)))?;
    connection.execute("UPDATE server SET server_epoch = ?1", [Uuid::now_v7().as_bytes()])?;
    connection.close().map_err(|(_, error)| error)?;
    if !findings.problems.is_empty() {
        std::fs::remove_file(&part)?;
    }
    Ok((findings, part))
}

/// Verifies a copy at `part` and gives it its name. What is in it, and how far.
pub(in crate::server::storage) fn keep(
    mut connection: Connection,
    part: &Path,
    file: &Path,
) -> Result<(Findings, Vec<Reached>), StorageError> {
    let findings = at_once(verify::check(&mut SqliteTx(&mut connection)))?;
    let reached = {
        let mut query = connection.prepare("SELECT site, name, next_seq FROM stream")?;
        let rows = query.query_map((), |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?)))?;
        rows.collect::<Result<Vec<_>, _>>()?
    };
    finish(connection, &findings, part, file)?;
    Ok((findings, reached))
}

/// Puts a verified backup where no database is, as a new incarnation of the same server: handhelds notice, and send
/// again what the backup does not have. With problems in the findings nothing was put there.
///
/// # Errors
/// [`StorageError`] where there is a database already, or a file cannot be read or written.
pub fn restore(file: &Path, to: &Path) -> Result<Findings, StorageError> {
    if to.is_file() {
        return Err(refuse(ErrorKind::AlreadyExists, "the data folder holds a database already"));
    }
    std::fs::create_dir_all(parent(to))?;
    let part = part_of(to)?;
    let mut connection = duplicate(file, &part)?;
    migrate::run(&mut connection)?;
    let findings = at_once(verify::check(&mut SqliteTx(&mut connection)))?;
    let epoch = Uuid::now_v7();
    connection.execute("UPDATE server SET server_epoch = ?1", [epoch.as_bytes()])?;
    finish(connection, &findings, &part, to)?;
    Ok(findings)
}

/// A copy at `part` as a single file, opened again from there.
fn duplicate(from: &Path, part: &Path) -> Result<Connection, StorageError> {
    let source = connect(from, OpenFlags::SQLITE_OPEN_READ_ONLY | OpenFlags::SQLITE_OPEN_NO_MUTEX)?;
    let mut copy = connect(part, OpenFlags::default())?;
    Backup::new(&source, &mut copy)?.run_to_completion(PAGES_PER_STEP, BUSY_PAUSE, None)?;
    copy.pragma_update_and_check(None, "journal_mode", "DELETE", |_| Ok(()))?;
    copy.close().map_err(|(_, error)| error)?;
    let copy = connect(part, OpenFlags::SQLITE_OPEN_READ_WRITE)?;
    copy.pragma_update(None, "synchronous", "FULL")?;
    Ok(copy)
}

/// The name changes last: there is never half a file under it.
fn finish(connection: Connection, findings: &Findings, part: &Path, to: &Path) -> Result<(), StorageError> {
    connection.close().map_err(|(_, error)| error)?;
    if !findings.problems.is_empty() {
        return Ok(std::fs::remove_file(part)?);
    }
    File::open(part)?.sync_all()?;
    std::fs::rename(part, to)?;
    Ok(File::open(parent(to))?.sync_all()?)
}

/// `<file>.part`, without what an interrupted copy left there.
fn part_of(file: &Path) -> Result<PathBuf, StorageError> {
    let mut name = file.as_os_str().to_owned();
    name.push(".part");
    let part = PathBuf::from(name);
    match std::fs::remove_file(&part) {
        Err(error) if error.kind() != ErrorKind::NotFound => Err(error.into()),
        _ => Ok(part),
    }
}

fn same(one: &Path, other: &Path) -> bool {
    let place = |path: &Path| (parent(path).canonicalize().ok(), path.file_name().map(ToOwned::to_owned));
    place(one) == place(other)
}

fn refuse(kind: ErrorKind, why: &str) -> StorageError {
    StorageError::Io(Error::new(kind, why))
}
