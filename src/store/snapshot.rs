//! The site's state as one file: it replaces the base, what is pending stays on top.

use super::apply::{add_stock, stage_number};
use super::row::{lot_text, serial_text, signed};
use super::{Store, StoreError, heard, holds, lots, pull, rebase, trace, undo};
use crate::domain::{HoldState, Progress, Timestamp};
use crate::ledger::Stage;
use crate::sync::wire::{Hash, SnapshotHeader, SnapshotRow, Stream};
use rusqlite::Connection;
use sha2::{Digest, Sha256};
use std::io::BufRead;

/// A line longer than this is no snapshot.
const LINE_BYTES_MAX: u64 = 1024 * 1024;

impl Store {
    /// Replaces the site's base by a snapshot, in one transaction: JSON lines, a [`SnapshotHeader`] first and a
    /// [`SnapshotRow::End`] last. Events that the snapshot does not hold yet stay pending.
    ///
    /// # Errors
    /// [`StoreError::Protocol`] for a snapshot of another server or incarnation, one that is older than what was read
    /// already, and one that is cut or altered on its way; nothing is changed then.
    pub fn apply_snapshot(&mut self, mut lines: impl BufRead, now: Timestamp) -> Result<(), StoreError> {
        let epoch = self.identity.as_ref().ok_or(StoreError::NotEnrolled)?.server_epoch;
        self.write(|tx| {
            let mut input = Input::new(&mut lines);
            let header: SnapshotHeader = input.line()?;
            let cursor = pull::stored_cursor(tx, Stream::Site)?;
            if header.stream != Stream::Site || header.server_epoch != epoch {
                return Err(StoreError::Protocol("the snapshot is of another stream or server".to_owned()));
            }
            if !cursor.stale && header.head.seq < cursor.head.seq {
                return Err(StoreError::Protocol("the snapshot is older than what was read".to_owned()));
            }
            absorb(tx, header.head.seq)?;
            rebase::clear_site(tx, false)?;
            if cursor.stale {
                tx.execute(include_str!("sql/undone_forget_foreign.sql"), ())?;
            }
            undo::learn(tx, &header.undone, now)?;
            read_rows(tx, &mut input)?;
            rebase::replay_pending(tx)?;
            heard::put(tx, header.head)?;
            pull::store_cursor(tx, Stream::Site, header.head, false, Some(now))
        })?;
        // The log has grown by the whole site. Where it cannot be emptied now, the snapshot stands nevertheless.
        if let Err(error) = self.db.query_row("PRAGMA wal_checkpoint(TRUNCATE)", (), |_| Ok(())) {
            tracing::warn!(%error, "the log cannot be emptied now");
        }
        self.recount()
    }
}

/// Events that the server had when it made the snapshot are in it.
fn absorb(db: &Connection, head: u64) -> Result<(), StoreError> {
    let mut query = db.prepare(include_str!("sql/outbox_absorb.sql"))?;
    let absorbed: Vec<i64> = query.query_map([signed(head)], |row| row.get(0))?.collect::<Result<_, _>>()?;
    let mut known = db.prepare("UPDATE event SET verdict = coalesce(verdict, 'accepted') WHERE n = ?1")?;
    absorbed.into_iter().try_for_each(|n| known.execute([n]).map(drop)).map_err(StoreError::from)
}

fn read_rows(db: &Connection, input: &mut Input<'_, impl BufRead>) -> Result<(), StoreError> {
    let mut stock_before = false;
    loop {
        let so_far = input.digest();
        match input.line::<SnapshotRow>()? {
            SnapshotRow::Lot { facts, received } => lots::put_base(db, &facts, received, stock_before)?,
            SnapshotRow::Stock { key, units, since } => {
                stock_before = true;
                add_stock(db, &key, units, 0, since)?;
            }
            SnapshotRow::Origin(from) => trace::add_origin(db, &from, true)?,
            SnapshotRow::Destination(to) => trace::add_destination(db, &to, true)?,
            SnapshotRow::Progress(row) => put_progress(db, &row)?,
            SnapshotRow::Hold(state) => put_hold(db, &state)?,
            SnapshotRow::Closed(order) => {
                db.prepare_cached(include_str!("sql/order_close.sql"))?.execute((order.0, 1, 0))?;
            }
            SnapshotRow::End { digest } if digest == so_far => return Ok(()),
            SnapshotRow::End { .. } => {
                return Err(StoreError::Protocol("the snapshot was altered on its way".to_owned()));
            }
        }
    }
}

fn put_progress(db: &Connection, row: &Progress) -> Result<(), StoreError> {
    let stages = [
        (Stage::Received, row.received),
        (Stage::Picked, row.picked),
        (Stage::Dispatched, row.dispatched),
        (Stage::Short, row.short),
    ];
    for (stage, units) in stages.into_iter().filter(|(_, units)| *units != 0) {
        let (lot, serial) = (lot_text(row.lot.lot.as_ref()), serial_text(row.serial.as_ref()));
        let key = (row.order.0, row.line, row.lot.item.0, lot, serial, stage_number(stage), units, 0);
        db.prepare_cached(include_str!("sql/progress_add.sql"))?.query_row(key, |_| Ok(()))?;
    }
    Ok(())
}

/// The control stream may know more than the snapshot: a stop it ended stays ended.
fn put_hold(db: &Connection, state: &HoldState) -> Result<(), StoreError> {
    holds::place(db, state, super::apply::Change::Receive)?;
    if state.released { holds::end(db, state.id) } else { Ok(()) }
}

/// Lines and their running digest.
struct Input<'a, R> {
    lines: &'a mut R,
    line: Vec<u8>,
    sha: Sha256,
}

impl<'a, R: BufRead> Input<'a, R> {
    fn new(lines: &'a mut R) -> Self {
        Self { lines, line: Vec::new(), sha: Sha256::new() }
    }

    /// Of all lines read so far, line ends included.
    fn digest(&self) -> Hash {
        Hash(self.sha.clone().finalize().into())
    }

    fn line<T: serde::de::DeserializeOwned>(&mut self) -> Result<T, StoreError> {
        self.line.clear();
        let mut one = std::io::Read::take(&mut *self.lines, LINE_BYTES_MAX);
        one.read_until(b'\n', &mut self.line).map_err(StoreError::from)?;
        if self.line.last() != Some(&b'\n') {
            return Err(StoreError::Protocol("the snapshot ends too early".to_owned()));
        }
        self.sha.update(&self.line);
        serde_json::from_slice(&self.line).map_err(|error| StoreError::Protocol(error.to_string()))
    }
}
