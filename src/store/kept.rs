//! What the device remembers besides events: work that was cut short, wrong PINs, choices.
//!
//! None of it is a fact and none of it was called saved. Work in hand is written in the transaction of the event that
//! comes before it, so that after a pulled battery a line is either saved or still in hand: never both, never neither.

use super::{Reader, Store, StoreError};
use crate::domain::{Timestamp, UserId};
use rusqlite::{Connection, OptionalExtension};

/// An operator's work that was cut short.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Unfinished {
    /// Whose.
    pub operator: UserId,
    /// When it last changed.
    pub at: Timestamp,
    /// What the screens wrote.
    pub record: String,
}

/// Wrong PINs in a row.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct PinTries {
    /// How many.
    pub wrong: u32,
    /// No further try before this.
    pub until: Timestamp,
}

impl Reader {
    /// Work that was cut short, the newest first.
    ///
    /// # Errors
    /// See [`StoreError`].
    pub fn unfinished(&self) -> Result<Vec<Unfinished>, StoreError> {
        let mut query = self
            .db
            .prepare_cached("SELECT operator, at, record FROM unfinished ORDER BY at DESC, operator")?;
        let rows = query.query_map((), |row| {
            Ok(Unfinished { operator: UserId(row.get(0)?), at: Timestamp(row.get(1)?), record: row.get(2)? })
        })?;
        Ok(rows.collect::<Result<_, _>>()?)
    }

    /// Wrong PINs of an operator since the last right one.
    ///
    /// # Errors
    /// See [`StoreError`].
    pub fn pin_tries(&self, operator: UserId) -> Result<PinTries, StoreError> {
        let mut query = self.db.prepare_cached("SELECT wrong, until FROM pin_try WHERE operator = ?1")?;
        let found = query.query_row([operator.0], |row| {
            Ok(PinTries { wrong: row.get(0)?, until: Timestamp(row.get(1)?) })
        });
        Ok(found.optional()?.unwrap_or(PinTries { wrong: 0, until: Timestamp(0) }))
    }

    /// A choice made on this device.
    ///
    /// # Errors
    /// See [`StoreError`].
    pub fn setting(&self, name: &str) -> Result<Option<String>, StoreError> {
        let mut query = self.db.prepare_cached("SELECT value FROM setting WHERE name = ?1")?;
        Ok(query.query_row([name], |row| row.get(0)).optional()?)
    }

    /// When this device last confirmed an event.
    ///
    /// # Errors
    /// See [`StoreError`].
    pub fn last_confirmed(&self) -> Result<Option<Timestamp>, StoreError> {
        let mut query = self.db.prepare_cached("SELECT at FROM event ORDER BY n DESC LIMIT 1")?;
        Ok(query.query_row((), |row| row.get(0)).optional()?.map(Timestamp))
    }
}

impl Store {
    /// Keeps an operator's work in hand; `None` forgets it.
    ///
    /// # Errors
    /// See [`StoreError`].
    pub fn keep_unfinished(
        &mut self,
        operator: UserId,
        at: Timestamp,
        record: Option<&str>,
    ) -> Result<(), StoreError> {
        self.write(|tx| put(tx, operator, at, record))
    }

    /// Keeps how often an operator's PIN was wrong; none at all after the right one.
    ///
    /// # Errors
    /// See [`StoreError`].
    pub fn keep_pin_tries(&mut self, operator: UserId, tries: PinTries) -> Result<(), StoreError> {
        self.write(|tx| {
            if tries.wrong == 0 {
                return Ok(tx.execute("DELETE FROM pin_try WHERE operator = ?1", [operator.0])?);
            }
            let sql = "INSERT OR REPLACE INTO pin_try (operator, wrong, until) VALUES (?1, ?2, ?3)";
            Ok(tx.execute(sql, (operator.0, tries.wrong, tries.until.0))?)
        })?;
        Ok(())
    }

    /// Keeps a choice.
    ///
    /// # Errors
    /// See [`StoreError`].
    pub fn keep_setting(&mut self, name: &str, value: &str) -> Result<(), StoreError> {
        let sql = "INSERT OR REPLACE INTO setting (name, value) VALUES (?1, ?2)";
        self.write(|tx| Ok(tx.execute(sql, (name, value))?))?;
        Ok(())
    }
}

/// Writes or forgets an operator's work in hand.
pub(super) fn put(
    db: &Connection,
    operator: UserId,
    at: Timestamp,
    record: Option<&str>,
) -> Result<(), StoreError> {
    match record {
        Some(record) => {
            let sql = "INSERT OR REPLACE INTO unfinished (operator, at, record) VALUES (?1, ?2, ?3)";
            db.prepare_cached(sql)?.execute((operator.0, at.0, record))?;
        }
        None => {
            db.prepare_cached("DELETE FROM unfinished WHERE operator = ?1")?.execute([operator.0])?;
        }
    }
    Ok(())
}
