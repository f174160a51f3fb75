//! Pages of the server's streams: each is taken in whole, in one transaction, where it follows what was read before.

use super::apply::{Change, apply, apply_control};
use super::outbox::hash;
use super::push::settle;
use super::row::{name_of, signed, unsigned, uuid};
use super::{Reader, Store, StoreError, heard, master, rebase};
use crate::domain::{Body, DeviceId, Event, MasterRecord, Timestamp};
use crate::sync::wire::{EventEntry, Hash, Head, PullReply, Status, Stream};
use rusqlite::{Connection, OptionalExtension};

/// How far a stream was read.
#[derive(Debug, Clone, Copy)]
pub(super) struct Cursor {
    pub(super) head: Head,
    /// What was read before is of another incarnation of the server.
    pub(super) stale: bool,
}

impl Reader {
    /// How far a stream was read; zeros for nothing.
    ///
    /// # Errors
    /// See [`StoreError`].
    pub fn cursor(&self, stream: Stream) -> Result<Head, StoreError> {
        Ok(stored_cursor(&self.db, stream)?.head)
    }
}

impl Store {
    /// Takes in a page: entries that were read before are passed over, the others must follow without a gap and with
    /// the chain that the page promises. This device's own events turn from pending to base.
    ///
    /// # Errors
    /// [`StoreError::Gap`] and [`StoreError::Chain`] where the page does not follow; nothing is changed then.
    pub fn apply_pull(&mut self, reply: &PullReply, now: Timestamp) -> Result<(), StoreError> {
        self.write(|tx| {
            let cursor = stored_cursor(tx, reply.stream)?;
            let next = follow(reply, cursor.head)?;
            let fresh = |seq: u64| seq > cursor.head.seq;
            if cursor.stale && reply.stream == Stream::Site {
                rebase::clear_site(tx, true)?;
                rebase::replay_pending(tx)?;
            }
            for entry in reply.events.iter().filter(|entry| fresh(entry.stream_seq)) {
                take_event(tx, reply.stream, entry)?;
            }
            for entry in reply.records.iter().filter(|entry| fresh(entry.stream_seq)) {
                // A record of a kind that this program is too old to know is passed over.
                if let Ok(record) = serde_json::from_str::<MasterRecord>(&entry.bytes) {
                    master::put(tx, &record)?;
                }
            }
            if reply.stream == Stream::Site {
                heard::remember(
                    tx,
                    cursor.head,
                    reply.events.iter().filter(|entry| fresh(entry.stream_seq)),
                )?;
                note_own(tx, reply.events.iter().filter(|entry| fresh(entry.stream_seq)))?;
            }
            let caught_up = next.seq >= reply.head.seq;
            if caught_up && reply.stream == Stream::Control {
                tx.execute_batch(include_str!("sql/holds_forget_stale.sql"))?;
            }
            let stale = cursor.stale && reply.stream == Stream::Control && !caught_up;
            store_cursor(tx, reply.stream, next, stale, caught_up.then_some(now))?;
            tx.prepare_cached(include_str!("sql/contact_backed_up.sql"))?.execute((
                now.0,
                signed(reply.backed_up_through),
                reply.backed_up_epoch,
            ))?;
            Ok(())
        })?;
        self.recount()
    }
}

/// Verifies that the page goes on from `from`; where it leads.
fn follow(reply: &PullReply, from: Head) -> Result<Head, StoreError> {
    let stream = reply.stream;
    let entries: Vec<(u64, Status, &str)> = match stream {
        Stream::Master => {
            reply.records.iter().map(|e| (e.stream_seq, Status::Accepted, e.bytes.as_str())).collect()
        }
        _ => reply.events.iter().map(|e| (e.stream_seq, e.status, e.bytes.as_str())).collect(),
    };
    let mut at = from;
    for (seq, status, bytes) in entries {
        if seq <= from.seq {
            continue;
        }
        let expected = at.seq + 1;
        if seq != expected {
            return Err(StoreError::Gap { stream, expected, found: seq });
        }
        at = Head { seq, hash: Hash::chain_stream(at.hash, seq, status, bytes.as_bytes()) };
    }
    // A page that ends before the cursor was read before.
    if reply.next.seq < at.seq {
        return Ok(at);
    }
    if reply.next.seq > at.seq {
        return Err(StoreError::Gap { stream, expected: at.seq + 1, found: reply.next.seq });
    }
    if reply.next.hash == at.hash { Ok(at) } else { Err(StoreError::Chain { stream, seq: at.seq }) }
}

fn take_event(db: &Connection, stream: Stream, entry: &EventEntry) -> Result<(), StoreError> {
    // What nobody can read has no effect; the server keeps it in quarantine.
    let Ok(event) = Event::decode(entry.bytes.as_bytes()) else { return Ok(()) };
    let counts = entry.status.has_effect();
    if stream == Stream::Control {
        return if counts { apply_control(db, &event) } else { Ok(()) };
    }
    let own = own_event(db, &event, &entry.bytes)?;
    if let Some(n) = own {
        db.prepare_cached(include_str!("sql/event_verdict.sql"))?.execute((
            n,
            name_of(&entry.status)?,
            None::<&str>,
        ))?;
    }
    let change = match own {
        Some(n) if db.prepare_cached("DELETE FROM outbox WHERE n = ?1")?.execute([n])? > 0 => {
            if counts {
                Change::Settle
            } else {
                Change::Void
            }
        }
        _ if counts => Change::Receive,
        _ => return Ok(()),
    };
    if matches!(event.body, Body::Unknown { .. }) {
        let sql = "INSERT OR REPLACE INTO unread (stream_seq, bytes) VALUES (?1, ?2)";
        db.prepare_cached(sql)?.execute((signed(entry.stream_seq), &entry.bytes))?;
    }
    apply(db, &event, change)
}

/// An own event that comes back was acknowledged, also where the answer that said so was lost; and what this device sent
/// before it stands before it: where that is still pending, a snapshot has brought it already.
fn note_own<'a>(db: &Connection, entries: impl Iterator<Item = &'a EventEntry>) -> Result<(), StoreError> {
    let mut query = db.prepare_cached("SELECT device, epoch FROM device")?;
    let own = query.query_row((), |row| Ok((DeviceId(uuid(row, 0)?), row.get::<_, u32>(1)?))).optional()?;
    let Some(own) = own else { return Ok(()) };
    let of_own = entries.filter(|entry| (entry.device, entry.epoch) == own);
    let Some(entry) = of_own.max_by_key(|entry| entry.seq) else { return Ok(()) };
    let (epoch, newest) = (own.1, signed(entry.seq));
    let mut query = db.prepare_cached("SELECT n FROM event WHERE epoch = ?1 AND seq = ?2 AND bytes = ?3")?;
    let found: Option<i64> = query.query_row((epoch, newest, &entry.bytes), |row| row.get(0)).optional()?;
    let Some(found) = found else { return Ok(()) };
    let sql = "UPDATE contact SET acked_through = max(acked_through, ?1)";
    db.prepare_cached(sql)?.execute([newest])?;
    let mut query = db.prepare_cached(include_str!("sql/outbox_before.sql"))?;
    let before: Vec<i64> =
        query.query_map((found, epoch, newest), |row| row.get(0))?.collect::<Result<_, _>>()?;
    before.into_iter().try_for_each(|n| settle(db, n, Change::Absorb).map(drop))
}

/// The number of this device's own event with equal bytes. Other bytes under the same id are somebody else's.
fn own_event(db: &Connection, event: &Event, bytes: &str) -> Result<Option<i64>, StoreError> {
    let mut query = db.prepare_cached("SELECT n FROM event WHERE id = ?1 AND bytes = ?2")?;
    Ok(query.query_row((event.id.0.as_bytes(), bytes), |row| row.get(0)).optional()?)
}

pub(super) fn stored_cursor(db: &Connection, stream: Stream) -> Result<Cursor, StoreError> {
    let mut query = db.prepare_cached("SELECT seq, hash, stale FROM cursor WHERE stream = ?1")?;
    Ok(query.query_row([stream.name()], |row| {
        Ok(Cursor { head: Head { seq: unsigned(row, 0)?, hash: hash(row, 1)? }, stale: row.get(2)? })
    })?)
}

/// `as_of` is kept where the page did not reach the newest entry.
pub(super) fn store_cursor(
    db: &Connection,
    stream: Stream,
    head: Head,
    stale: bool,
    as_of: Option<Timestamp>,
) -> Result<(), StoreError> {
    let as_of = as_of.map(|at| at.0);
    let row = (stream.name(), signed(head.seq), head.hash.0, stale, as_of);
    db.prepare_cached(include_str!("sql/cursor_put.sql"))?.execute(row)?;
    Ok(())
}
