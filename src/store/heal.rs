//! Damage that is met while the store is in use: marked for the next start, and repaired at once where there is time.

use super::open::{SUSPECT, beside, check_events, open_checked, quick_check, reopen};
use super::salvage::{self, Salvage};
use super::{Reader, Store, StoreError, rebase};
use crate::domain::Timestamp;
use rusqlite::Connection;
pub use rusqlite::InterruptHandle;
use rusqlite::config::DbConfig;
use std::fs::File;
use std::path::{Path, PathBuf};

/// What became of a file in which damage was met.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Healed {
    /// Its pages are whole: what a row says cannot be used. Everything that the server has is fetched again.
    Refetch,
    /// It was damaged, and what could be read is in a new file.
    Salvaged(Salvage),
}

impl Reader {
    /// Reads every page of the file, compares its indexes with its tables, and own events with their hashes: seconds for
    /// a large file, so not for the start, but for a reader on another thread.
    ///
    /// # Errors
    /// [`StoreError::Damaged`] with the first finding; [`StoreError::Interrupted`] where it was told to stop.
    pub fn check(&self) -> Result<(), StoreError> {
        let found =
            quick_check(&self.db, "PRAGMA quick_check(1)").and_then(|()| check_events(&self.db, i64::MAX));
        if let Err(error) = &found {
            self.note(error);
        }
        found
    }

    /// Ends a long query of this reader from another thread.
    #[must_use]
    pub fn interrupt(&self) -> InterruptHandle {
        self.db.get_interrupt_handle()
    }

    /// For whoever met an error in a query: damage leaves a mark beside the file, and the next [`Store::open`] or
    /// [`Store::heal`] reads all of it. The store does it itself where it writes.
    pub fn note(&self, error: &StoreError) {
        if matches!(error, StoreError::Damaged(_)) {
            tracing::error!(%error, "the file is damaged");
            self.suspect();
        }
    }

    /// Leaves the mark of [`Reader::note`].
    pub fn suspect(&self) {
        self.suspected.set(true);
        if let Some(path) = self.path()
            && let Err(error) = File::create(beside(&path, SUSPECT))
        {
            tracing::warn!(%error, "the damaged file could not be marked");
        }
    }

    /// True once damage was noted by this connection.
    #[must_use]
    pub fn is_suspect(&self) -> bool {
        self.suspected.get()
    }

    /// Where the file lies; `None` for a store in memory.
    pub(super) fn path(&self) -> Option<PathBuf> {
        (!self.address.starts_with("file:")).then(|| PathBuf::from(&self.address))
    }
}

impl Store {
    /// Reads all of the file after damage was noted, and salvages it where it is damaged, as [`Store::open`] would.
    /// Seconds for a large file. Other readers of it must be closed before.
    ///
    /// # Errors
    /// Where neither the old file nor a new one can be opened for now, for example on a full disk: the store goes on
    /// with the old one, and what it cannot do it refuses.
    pub fn heal(&mut self, now: Timestamp) -> Result<Healed, StoreError> {
        self.reader.suspected.set(false);
        let Some(path) = self.path() else { return self.refetch() };
        if self.unsettled
            && let Err(error) = self.settle()
        {
            tracing::warn!(%error, "what a failed commit left is found again or not");
        }
        // Whatever is still open must not write to the file on its way out.
        self.reader.db.set_db_config(DbConfig::SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, true)?;
        self.reader.db = Connection::open_in_memory()?;
        let healed = match self.heal_file(&path, now) {
            Ok(healed) => healed,
            Err(error) => {
                self.reader.suspected.set(true);
                self.reader.db = reopen(&path)?;
                return Err(error);
            }
        };
        match healed {
            Some(salvage) => Ok(Healed::Salvaged(salvage)),
            None => self.refetch(),
        }
    }

    fn heal_file(&mut self, path: &Path, now: Timestamp) -> Result<Option<Salvage>, StoreError> {
        let (db, salvage) = match open_checked(path) {
            Ok((db, _)) => (db, None),
            Err(StoreError::Damaged(why)) => {
                let (db, salvage) = salvage::replace(path, &why, now)?;
                (db, Some(salvage))
            }
            Err(error) => return Err(error),
        };
        let capacity = self.reader.capacity;
        let mut store = Self::over(db, self.reader.address.clone())?;
        store.reader.capacity = capacity;
        store._lock = self._lock.take();
        *self = store;
        Ok(salvage)
    }

    fn refetch(&mut self) -> Result<Healed, StoreError> {
        self.write(|tx| rebase::forget_cursors(tx))?;
        Ok(Healed::Refetch)
    }
}
