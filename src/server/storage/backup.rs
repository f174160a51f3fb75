//! A verified copy of the whole database while it is in use, and the way back from one.
//!
//! Handhelds keep what they sent until it is in a backup (`backed_up_before` of the stream, told with each page): a copy
//! counts only once it was read back from its file, found whole, and is durable under its name.

use super::tx::{Tx, values};
use super::{Findings, Place, Storage, StorageError, sqlite};
use std::path::Path;

/// A stream in a copy: site, name, and the sequence that would come next.
pub(super) type Reached = (i64, String, i64);

impl Storage {
    /// Copies the database into `file`, which it replaces once the copy was verified and is durable. Findings with
    /// problems mean that the database is not sound: `file` is as it was, and nothing counts as backed up.
    ///
    /// # Errors
    /// [`StorageError`] where the copy cannot be written or read.
    pub async fn backup(&self, file: &Path) -> Result<Findings, StorageError> {
        let (findings, reached) = match self.place() {
            Place::Sqlite(from) => {
                let (from, file) = (from.clone(), file.to_owned());
                let copied = tokio::task::spawn_blocking(move || sqlite::backup(&from, &file));
                copied.await.map_err(|_| StorageError::Closed)??
            }
            Place::Postgres(_) => return Err(own_tools()),
        };
        if findings.problems.is_empty() {
            self.write(reached, |reached, tx| Box::pin(note(reached, tx))).await?;
        }
        Ok(findings)
    }
}

async fn note(reached: &Vec<Reached>, tx: &mut dyn Tx) -> Result<(), StorageError> {
    for (site, name, next_seq) in reached {
        let params = values![*site, name.as_str(), *next_seq];
        tx.execute(include_str!("sql/note_backup.sql"), &params).await?;
    }
    Ok(())
}

/// Puts a verified backup where no database is, as a new incarnation of the same server: handhelds notice, and send
/// again what the backup does not have. With problems in the findings nothing was put there.
///
/// # Errors
/// [`StorageError`] where there is a database already, or a file cannot be read or written.
pub async fn restore(file: &Path, place: &Place) -> Result<Findings, StorageError> {
    match place {
        Place::Sqlite(to) => {
            let (file, to) = (file.to_owned(), to.clone());
            let restored = tokio::task::spawn_blocking(move || sqlite::restore(&file, &to));
            restored.await.map_err(|_| StorageError::Closed)?
        }
        Place::Postgres(_) => Err(own_tools()),
    }
}

fn own_tools() -> StorageError {
    let why = "a backup of PostgreSQL is made and restored with its own tools (pg_dump, pg_restore)";
    std::io::Error::new(std::io::ErrorKind::Unsupported, why).into()
}
