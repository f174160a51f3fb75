//! This device's own events: what waits to be sent, and the chain they form.

use super::row::{signed, unsigned, uuid};
use super::{Reader, Store, StoreError};
use crate::domain::{Body, Event, EventId, Timestamp, UserId};
use crate::sync::wire::{Envelope, Hash, Head};
use rusqlite::{Connection, OptionalExtension, Params, Row};

/// How far back an event that can be undone is looked for.
const UNDO_LOOK_BACK: i64 = 200;

impl Reader {
    /// Events that wait to be sent, in sequence, after `after_seq` of the present epoch: at most `max_events` of at
    /// most `max_bytes` together, but one where there is any.
    ///
    /// # Errors
    /// See [`StoreError`].
    pub fn outbox(
        &self,
        after_seq: u64,
        max_events: usize,
        max_bytes: usize,
    ) -> Result<Vec<Envelope>, StoreError> {
        let mut query = self.db.prepare_cached(include_str!("sql/outbox_page.sql"))?;
        let mut rows = query.query((signed(after_seq), signed(max_events as u64)))?;
        let (mut found, mut size) = (Vec::new(), 0_usize);
        while let Some(row) = rows.next()? {
            let envelope = Envelope { seq: unsigned(row, 0)?, bytes: row.get(1)?, hash: hash(row, 2)? };
            size = size.saturating_add(envelope.bytes.len());
            if size > max_bytes && !found.is_empty() {
                break;
            }
            found.push(envelope);
        }
        Ok(found)
    }

    /// The chain before the event `seq` of the present epoch; zeros before the first.
    ///
    /// # Errors
    /// [`StoreError::Protocol`] where that event is not kept any more.
    pub fn chain_before(&self, seq: u64) -> Result<Hash, StoreError> {
        let Some(before) = seq.checked_sub(1).filter(|before| *before > 0) else {
            return Ok(Hash::default());
        };
        let mut query = self.db.prepare_cached(include_str!("sql/event_hash.sql"))?;
        let found = query.query_row([signed(before)], |row| hash(row, 0)).optional()?;
        found.ok_or_else(|| StoreError::Protocol(format!("event {before} is not kept any more")))
    }

    /// The sequence of the newest event of the present epoch; 0 for none.
    ///
    /// # Errors
    /// See [`StoreError`].
    pub fn last_seq(&self) -> Result<u64, StoreError> {
        Ok(tail(&self.db, self.epoch()?)?.seq)
    }

    /// The present epoch; 0 before the enrolment.
    ///
    /// # Errors
    /// See [`StoreError`].
    pub fn epoch(&self) -> Result<u32, StoreError> {
        let mut query = self.db.prepare_cached("SELECT epoch FROM device")?;
        Ok(query.query_row((), |row| row.get(0)).optional()?.unwrap_or(0))
    }

    /// One of this device's own events, while it is kept.
    ///
    /// # Errors
    /// See [`StoreError`].
    pub fn event(&self, id: EventId) -> Result<Option<Event>, StoreError> {
        let mut query = self.db.prepare_cached("SELECT bytes FROM event WHERE id = ?1")?;
        let bytes: Option<String> = query.query_row([id.0.as_bytes()], |row| row.get(0)).optional()?;
        Ok(bytes.map(|bytes| Event::decode(bytes.as_bytes())).transpose()?)
    }

    /// The operator's newest event since then that counts, can be taken back and has not been.
    ///
    /// # Errors
    /// See [`StoreError`].
    pub fn last_undoable(&self, operator: UserId, since: Timestamp) -> Result<Option<Event>, StoreError> {
        let mut query = self.db.prepare_cached(include_str!("sql/event_undoable.sql"))?;
        let mut rows = query.query((operator.0, since.0, UNDO_LOOK_BACK))?;
        while let Some(row) = rows.next()? {
            let event = Event::decode(row.get_ref(0)?.as_str().unwrap_or_default().as_bytes())?;
            if can_be_undone(&event.body) {
                return Ok(Some(event));
            }
        }
        Ok(None)
    }

    pub(super) fn count_unsent(&self) -> Result<u64, StoreError> {
        let mut query = self.db.prepare_cached(include_str!("sql/outbox_count.sql"))?;
        Ok(query.query_row((), |row| unsigned(row, 0))?)
    }
}

impl Store {
    /// Events that wait to be sent.
    #[must_use]
    pub fn pending(&self) -> u64 {
        self.pending
    }

    pub(super) fn recount(&mut self) -> Result<(), StoreError> {
        self.pending = self.count_unsent()?;
        Ok(())
    }
}

/// A parked code changes nothing; a wish is answered by the server; an undo is not undone.
fn can_be_undone(body: &Body) -> bool {
    !matches!(
        body,
        Body::Park(_)
            | Body::Release(_)
            | Body::Undo(_)
            | Body::Loss(_)
            | Body::Settle(_)
            | Body::Unknown { .. }
    )
}

pub(super) fn hash(row: &Row<'_>, column: usize) -> rusqlite::Result<Hash> {
    row.get(column).map(Hash)
}

/// The newest event of an epoch, from the table itself; zeros for none.
pub(super) fn tail(db: &Connection, epoch: u32) -> Result<Head, StoreError> {
    let mut query = db.prepare_cached(include_str!("sql/event_tail.sql"))?;
    let found = query.query_row([epoch], |row| Ok(Head { seq: unsigned(row, 0)?, hash: hash(row, 1)? }));
    Ok(found.optional()?.unwrap_or_default())
}

/// An event's row and its canonical bytes.
pub(super) type Waiting = Vec<(i64, String)>;

/// The events that a query names as `n, bytes`.
pub(super) fn waiting(db: &Connection, sql: &str, params: impl Params) -> Result<Waiting, StoreError> {
    let mut query = db.prepare(sql)?;
    let rows = query.query_map(params, |row| Ok((row.get(0)?, row.get(1)?)))?;
    Ok(rows.collect::<Result<_, _>>()?)
}

/// What the server has not acknowledged in this epoch.
pub(super) fn unsent(db: &Connection, epoch: u32) -> Result<Waiting, StoreError> {
    waiting(db, include_str!("sql/outbox_waiting.sql"), [epoch])
}

/// `wanted`, or the first epoch after all that this file has events of: a sequence is never given twice.
pub(super) fn unused_epoch(db: &Connection, wanted: u32) -> Result<u32, StoreError> {
    let newest: Option<u32> = db.query_row("SELECT max(epoch) FROM event", (), |row| row.get(0))?;
    Ok(newest.map_or(wanted, |newest| wanted.max(newest + 1)))
}

/// Everything up to this sequence of the present epoch is on the server, what comes after it waits.
pub(super) fn set_acked_through(db: &Connection, seq: u64) -> Result<(), StoreError> {
    db.execute("UPDATE contact SET acked_through = ?1", [signed(seq)])?;
    Ok(())
}

/// The chain at a sequence, where that event is here.
pub(super) fn hash_at(db: &Connection, epoch: u32, seq: u64) -> Result<Option<Hash>, StoreError> {
    let mut query = db.prepare_cached("SELECT hash FROM event WHERE epoch = ?1 AND seq = ?2")?;
    Ok(query.query_row((epoch, signed(seq)), |row| hash(row, 0)).optional()?)
}

/// These events go to the end of `epoch`, in the order of their confirmation. Their ids and bytes stay.
pub(super) fn resequence(db: &Connection, epoch: u32, waiting: Waiting) -> Result<(), StoreError> {
    let mut last = tail(db, epoch)?;
    let mut place =
        db.prepare("UPDATE event SET epoch = ?2, seq = ?3, hash = ?4, backed_up = 0 WHERE n = ?1")?;
    for (n, bytes) in waiting {
        last = Head { seq: last.seq + 1, hash: Hash::chain(last.hash, bytes.as_bytes()) };
        place.execute((n, epoch, signed(last.seq), last.hash.0))?;
    }
    Ok(())
}

/// Looks at the newest `events` of the present epoch: the first whose bytes do not fit its hash or its id.
pub(super) fn first_broken_link(db: &Connection, events: i64) -> Result<Option<u64>, StoreError> {
    let mut query = db.prepare(include_str!("sql/event_chain.sql"))?;
    let mut rows = query.query([events])?;
    let mut last: Option<(u64, Hash)> = None;
    while let Some(row) = rows.next()? {
        let (seq, bytes, link): (u64, String, Hash) = (unsigned(row, 0)?, row.get(1)?, hash(row, 2)?);
        // Events between the two may have been purged.
        let prev = last.filter(|(before, _)| before + 1 == seq).map(|(_, prev)| prev);
        let prev = if seq == 1 { Some(Hash::default()) } else { prev };
        let named = bytes.contains(&uuid(row, 3)?.to_string());
        if !named || prev.is_some_and(|prev| Hash::chain(prev, bytes.as_bytes()) != link) {
            return Ok(Some(seq));
        }
        last = Some((seq, link));
    }
    Ok(None)
}
