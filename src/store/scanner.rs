//! How this device's scanner talks. The text is the reader's own; here it is only kept.

use super::{Reader, Store, StoreError};
use rusqlite::OptionalExtension;

impl Reader {
    /// The profile that was kept last, as JSON; `None` before the first calibration.
    ///
    /// # Errors
    /// See [`StoreError`].
    pub fn scanner_profile(&self) -> Result<Option<String>, StoreError> {
        Ok(self.db.query_row("SELECT profile FROM scanner", (), |row| row.get(0)).optional()?)
    }
}

impl Store {
    /// Keeps a profile in the stead of the one before.
    ///
    /// # Errors
    /// Where it could not be kept; the one before stays then.
    pub fn keep_scanner_profile(&mut self, json: &str) -> Result<(), StoreError> {
        self.db.execute(include_str!("sql/scanner_put.sql"), [json])?;
        Ok(())
    }
}
