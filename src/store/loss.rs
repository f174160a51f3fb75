//! Which waiting events a damaged file has lost, by their numbers.

use super::StoreError;
use super::row::{signed, unsigned};
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
