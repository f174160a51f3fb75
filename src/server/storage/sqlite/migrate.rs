//! Brings the schema up to date, all of it or nothing, or says that it is newer than this program.

use super::{StorageError, connect};
use rusqlite::{Connection, OpenFlags, OptionalExtension as _};
use std::path::Path;

refinery::embed_migrations!("src/server/storage/sqlite/migrations");

/// Tries while another process is migrating the same file.
const TRIES: usize = 3;

pub(super) fn run(connection: &mut Connection) -> Result<(), StorageError> {
    let known = known();
    for attempt in 1..=TRIES {
        let found = applied(connection)?;
        if found > known {
            return Err(StorageError::NewerSchema { found, known });
        }
        match migrations::runner().set_grouped(true).run(connection) {
            Ok(_) => break,
            Err(error) if attempt == TRIES => return Err(Box::new(error).into()),
            Err(_) => {}
        }
    }
    Ok(())
}

/// The newest migration that this program has, for whichever database.
pub(in crate::server::storage) fn known() -> i64 {
    migrations::runner().get_migrations().iter().map(|step| i64::from(step.version())).max().unwrap_or(0)
}

/// The newest migration that a file has; it is only read.
pub(in crate::server::storage) fn of_file(file: &Path) -> Result<i64, StorageError> {
    applied(&connect(file, OpenFlags::SQLITE_OPEN_READ_ONLY)?)
}

fn applied(connection: &Connection) -> Result<i64, StorageError> {
    let exists = connection
        .query_row("SELECT 1 FROM sqlite_schema WHERE name = 'refinery_schema_history'", [], |_| Ok(()))
        .optional()?;
    if exists.is_none() {
        return Ok(0);
    }
    let newest: Option<i64> =
        connection.query_row("SELECT max(version) FROM refinery_schema_history", [], |row| row.get(0))?;
    Ok(newest.unwrap_or(0))
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::sync::atomic::{AtomicU32, Ordering};

    /// Wherever a start is cut off, the next one goes on: a change of the schema and the note of it are one commit.
    #[test]
    fn a_start_that_is_cut_off_can_be_done_again() {
        for good in 0..40 {
            let mut connection = Connection::open_in_memory().unwrap();
            let commits = AtomicU32::new(0);
            let cut = move || commits.fetch_add(1, Ordering::Relaxed) >= good;
            connection.commit_hook(Some(cut)).unwrap();
            let first = run(&mut connection);
            connection.commit_hook(None::<fn() -> bool>).unwrap();
            run(&mut connection).unwrap_or_else(|error| panic!("after {good} commits: {error}"));
            assert_eq!(applied(&connection).unwrap(), known());
            assert!(first.is_err() || good > 0);
        }
    }
}
