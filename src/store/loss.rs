//! Which waiting events a damaged file has lost, by their numbers, and the event that tells the server.

use super::row::{self, signed, to_json, unsigned};
use super::{Confirmed, Draft, Reader, Store, StoreError};
use crate::domain::{Body, EventId, Loss, Timestamp, UserId};
use rusqlite::{Connection, OptionalExtension};
use std::ops::RangeInclusive;

/// Sequences, the smallest first.
pub type Numbers = Vec<RangeInclusive<u64>>;

/// Sequences of the present epoch that waited to be sent and are not among the events carried into `new`: the gaps behind
/// the last one that the server is known to have, and what the damaged outbox names behind the newest one.
pub(super) fn lost(old: &Connection, new: &Connection) -> Result<Numbers, StoreError> {
    let known = new.query_row(include_str!("sql/salvage_safe.sql"), (), |row| unsigned(row, 0)).optional()?;
    let Some(safe) = known else { return Ok(Numbers::new()) };
    let mut numbers = Numbers::new();
    let (mut last_seq, mut last_n) = (safe, None);
    let mut query = new.prepare(include_str!("sql/salvage_after.sql"))?;
    let mut rows = query.query([signed(safe)])?;
    while let Some(row) = rows.next()? {
        let seq = unsigned(row, 0)?;
        if seq > last_seq + 1 {
            numbers.push(last_seq + 1..=seq - 1);
        }
        (last_seq, last_n) = (seq, Some(row.get::<_, i64>(1)?));
    }
    if last_n.is_none() {
        last_n = new.query_row("SELECT max(n) FROM event", (), |row| row.get(0))?;
    }
    let behind = count_behind(old, last_n.unwrap_or(0));
    if behind > 0 {
        numbers.push(last_seq + 1..=last_seq + behind);
    }
    Ok(numbers)
}

/// Events that waited behind `n`, as far as the damaged outbox can be read.
fn count_behind(old: &Connection, n: i64) -> u64 {
    let count = |sql: &str| old.query_row(sql, [n], |row| unsigned(row, 0));
    count("SELECT count(*) FROM outbox WHERE stream_seq IS NULL AND n > ?1").unwrap_or(0)
}

/// How many they are.
#[must_use]
pub fn count(numbers: &Numbers) -> u64 {
    numbers.iter().map(|range| range.end() - range.start() + 1).sum()
}

/// Keeps what a salvage that began `epoch` has lost until an event says it; a crash in between costs nothing.
pub(super) fn keep(new: &Connection, epoch: u32, lost: &Numbers) -> Result<(), StoreError> {
    let mut losses = kept(new)?;
    let saved = new.query_row(include_str!("sql/salvage_saved.sql"), [epoch], |row| unsigned(row, 0))?;
    let runs = lost.iter().map(|range| (*range.start(), *range.end())).collect();
    losses.push(Loss { epoch: epoch - 1, lost: runs, saved });
    put(new, &losses)
}

/// The oldest loss has been said.
pub(super) fn said(db: &Connection) -> Result<(), StoreError> {
    let losses = kept(db)?;
    put(db, losses.get(1..).unwrap_or_default())
}

fn kept(db: &Connection) -> Result<Vec<Loss>, StoreError> {
    Ok(db.query_row("SELECT losses FROM contact", (), |row| row::json(row, 0))?)
}

fn put(db: &Connection, losses: &[Loss]) -> Result<(), StoreError> {
    db.execute("UPDATE contact SET losses = ?1", [to_json(&losses)?])?;
    Ok(())
}

impl Reader {
    /// What salvages have lost and no event has said yet.
    ///
    /// # Errors
    /// See [`StoreError`].
    pub fn losses(&self) -> Result<Vec<Loss>, StoreError> {
        kept(&self.db)
    }
}

impl Store {
    /// Tells the server of a salvage, by an event like any other; `None` where everything was told.
    ///
    /// # Errors
    /// See [`Store::confirm`].
    pub fn report_loss(&mut self, id: EventId, at: Timestamp) -> Result<Option<Confirmed>, StoreError> {
        let Some(loss) = self.losses()?.into_iter().next() else { return Ok(None) };
        self.confirm(Draft { id, operator: UserId::NOBODY, at, body: Body::Loss(loss) }).map(Some)
    }
}
