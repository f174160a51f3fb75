//! A verified copy of the whole database while it is in use, the way back from one, and the move to another database.
//!
//! A backup is one SQLite file, whichever database it is of, and can be restored to either. Handhelds keep what they sent
//! until it is in a backup (`backed_up_before` of the stream, told with each page): a copy counts only once it was read
//! back from its file, found whole, and is durable under its name.

#[cfg(feature = "postgres")]
use super::postgres::{Postgres, copy};
use super::tx::{Tx, values};
use super::{Findings, Place, PlaceError, Storage, StorageError, sqlite};
use std::path::{Path, PathBuf};

/// A stream in a copy: site, name, and the sequence that would come next.
pub(super) type Reached = (i64, String, i64);

impl Storage {
    /// Copies the database into `file`, which it replaces once the copy was verified and is durable. Findings with
    /// problems mean that the database is not sound: `file` is as it was, and nothing counts as backed up.
    ///
    /// # Errors
    /// [`StorageError`] where the copy cannot be written or read.
    pub async fn backup(&self, file: &Path) -> Result<Findings, StorageError> {
        let (findings, reached) = match &self.database {
            super::Either::Sqlite(_) => {
                let Place::Sqlite(from) = self.place() else { return Err(StorageError::Closed) };
                let (from, file) = (from.clone(), file.to_owned());
                apart(move || sqlite::backup(&from, &file)).await?
            }
            #[cfg(feature = "postgres")]
            super::Either::Postgres(database) => {
                let (copy_of, part) = sqlite::new_file(file)?;
                let copied = copy::dump(database, copy_of).await?;
                let file = file.to_owned();
                apart(move || sqlite::keep(copied, &part, &file)).await?
            }
        };
        if findings.problems.is_empty() {
            self.write(reached, |reached, tx| Box::pin(note(reached, tx))).await?;
        }
        Ok(findings)
    }
}

/// Work on files, away from the threads that serve.
async fn apart<T: Send + 'static>(
    work: impl FnOnce() -> Result<T, StorageError> + Send + 'static,
) -> Result<T, StorageError> {
    tokio::task::spawn_blocking(work).await.map_err(|_| StorageError::Closed)?
}

async fn note(reached: &Vec<Reached>, tx: &mut dyn Tx) -> Result<(), StorageError> {
    for (site, name, next_seq) in reached {
        let params = values![*site, name.as_str(), *next_seq];
        tx.execute(include_str!("sql/note_backup.sql"), &params).await?;
    }
    Ok(())
}

/// Puts a verified backup where no database is, as a new incarnation of the same server: handhelds notice, and send
/// again what the backup does not have. With problems in the findings nothing was put there. `folder` has room for
/// a copy.
///
/// # Errors
/// [`StorageError`] where there is a database already, or a file cannot be read or written.
pub async fn restore(file: &Path, place: &Place, folder: &Path) -> Result<Findings, StorageError> {
    match place {
        Place::Sqlite(to) => {
            let (file, to) = (file.to_owned(), to.clone());
            apart(move || sqlite::restore(&file, &to)).await
        }
        #[cfg(feature = "postgres")]
        Place::Postgres(url) => {
            let database = Postgres::open(url).await?;
            let (file, scratch) = (file.to_owned(), folder.join("restore"));
            let (findings, part) = apart(move || sqlite::incarnation(&file, &scratch)).await?;
            if !findings.problems.is_empty() {
                return Ok(findings);
            }
            let loaded = copy::load(&database, part.clone(), false).await;
            std::fs::remove_file(part)?;
            loaded
        }
        #[cfg(not(feature = "postgres"))]
        Place::Postgres(_) => not_built_in(folder),
    }
}

/// Moves a site from its file to an empty PostgreSQL: ids, epochs, cursors and hashes stay, so that no device notices.
/// The file, which no server may have open, is kept under `<file>.moved`. With problems in the findings nothing was
/// moved. Returns where the file is now.
///
/// # Errors
/// [`StorageError`] where the file is in use, the database is not empty, or either cannot be read or written.
pub async fn move_to(from: &Place, to: &Place) -> Result<(Findings, PathBuf), StorageError> {
    let (Place::Sqlite(file), Place::Postgres(url)) = (from, to) else {
        return Err(PlaceError::NoWay.into());
    };
    let mut kept = file.as_os_str().to_owned();
    kept.push(".moved");
    let kept = PathBuf::from(kept);
    #[cfg(feature = "postgres")]
    {
        let database = Postgres::open(url).await?;
        let findings = copy::load(&database, file.clone(), true).await?;
        if findings.problems.is_empty() {
            std::fs::rename(file, &kept)?;
        }
        Ok((findings, kept))
    }
    #[cfg(not(feature = "postgres"))]
    not_built_in((url, kept))
}

#[cfg(not(feature = "postgres"))]
fn not_built_in<T>(_: impl Sized) -> Result<T, StorageError> {
    Err(PlaceError::NotBuiltIn.into())
}
