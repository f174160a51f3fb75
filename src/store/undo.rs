//! Which undo of an event counts: the first in stream order, then this device's own.

use super::apply::{Change, apply_all};
use super::row::uuid;
use super::{Reader, StoreError};
use crate::domain::{Event, EventId, Timestamp};
use rusqlite::{Connection, OptionalExtension};

impl Reader {
    /// True where the event was taken back.
    ///
    /// # Errors
    /// See [`StoreError`].
    pub fn is_undone(&self, event: EventId) -> Result<bool, StoreError> {
        Ok(counting(&self.db, event)?.is_some())
    }
}

/// The undo that counts for `event`, and whether the stream has told it.
fn counting(db: &Connection, event: EventId) -> Result<Option<(EventId, bool)>, StoreError> {
    let mut query = db.prepare_cached("SELECT by, settled FROM undone WHERE event = ?1")?;
    let found = query.query_row([event.0.as_bytes()], |row| Ok((EventId(uuid(row, 0)?), row.get(1)?)));
    Ok(found.optional()?)
}

/// Which undos count in the state that a snapshot brings; an undo of the same event that waits here does not.
pub(super) fn learn(
    db: &Connection,
    undone: &[(EventId, EventId)],
    now: Timestamp,
) -> Result<(), StoreError> {
    undone.iter().try_for_each(|(event, by)| put_row(db, *event, *by, now, true))
}

fn put(db: &Connection, undone: EventId, by: &Event, settled: bool) -> Result<(), StoreError> {
    put_row(db, undone, by.id, by.corrected_at(), settled)
}

fn put_row(
    db: &Connection,
    undone: EventId,
    by: EventId,
    at: Timestamp,
    settled: bool,
) -> Result<(), StoreError> {
    let row = (undone.0.as_bytes(), by.0.as_bytes(), at.0, settled);
    let sql = "INSERT OR REPLACE INTO undone (event, by, at, settled) VALUES (?1, ?2, ?3, ?4)";
    db.prepare_cached(sql)?.execute(row)?;
    Ok(())
}

/// What the undo `by` of `undone` changes: its effects may be pending, base, or none at all because another undo of
/// the same event counts.
pub(super) fn counts(
    db: &Connection,
    by: &Event,
    undone: EventId,
    change: Change,
) -> Result<Option<Change>, StoreError> {
    let known = counting(db, undone)?;
    let ours = known.is_some_and(|(id, settled)| id == by.id && !settled);
    match change {
        Change::Confirm => {
            if known.is_none() {
                put(db, undone, by, false)?;
            }
            Ok(known.is_none().then_some(change))
        }
        Change::Void => {
            if ours {
                db.prepare_cached("DELETE FROM undone WHERE event = ?1")?.execute([undone.0.as_bytes()])?;
            }
            Ok(ours.then_some(change))
        }
        Change::Absorb => {
            if ours {
                put(db, undone, by, true)?;
            }
            Ok(ours.then_some(change))
        }
        Change::Settle | Change::Receive => match known {
            // A restored server tells it again, after the snapshot that replaced the base.
            Some((id, true)) if id == by.id && change == Change::Receive => Ok(Some(change)),
            Some((_, true)) => Ok(None),
            Some((id, false)) if id == by.id => {
                put(db, undone, by, true)?;
                Ok(Some(Change::Settle))
            }
            Some((id, false)) => {
                withdraw(db, id)?;
                put(db, undone, by, true)?;
                Ok(Some(Change::Receive))
            }
            None => {
                put(db, undone, by, true)?;
                Ok(Some(Change::Receive))
            }
        },
    }
}

/// This device's own undo counts no more: the stream told another one first.
fn withdraw(db: &Connection, id: EventId) -> Result<(), StoreError> {
    let mut query = db.prepare_cached("SELECT bytes FROM event WHERE id = ?1")?;
    let bytes: Option<String> = query.query_row([id.0.as_bytes()], |row| row.get(0)).optional()?;
    match bytes.map(|bytes| Event::decode(bytes.as_bytes())) {
        Some(Ok(event)) => apply_all(db, &event, Change::Void),
        _ => Ok(()),
    }
}
