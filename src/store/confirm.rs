//! The confirmed scan: one transaction, and only after it the beep.

use super::apply::{Change, apply};
use super::outbox::tail;
use super::row::signed;
use super::{Store, StoreError, kept, loss};
use crate::domain::{Body, EVENT_VERSION, Event, EventId, Timestamp, UserId};
use crate::sync::wire::Hash;

/// Events that may wait to be sent: a week of a busy device.
pub const OUTBOX_EVENTS_MAX: u64 = 50_000;
/// Beyond the capacity a stop or a correction is still taken, so many of them: safety does not wait for a network.
pub const OUTBOX_EVENTS_RESERVED: u64 = 1_000;
/// From here on the operator is warned.
pub const OUTBOX_WARN_PERCENT: u64 = 80;

/// An event as planned: what the operator confirmed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Draft {
    /// A new id.
    pub id: EventId,
    /// Who confirmed.
    pub operator: UserId,
    /// When, by the device's clock.
    pub at: Timestamp,
    /// What.
    pub body: Body,
}

/// An event that is on disk.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Confirmed {
    /// The event as frozen.
    pub event: Event,
    /// Its place in the device's sequence.
    pub seq: u64,
    /// Events that now wait to be sent.
    pub pending: u64,
}

impl Store {
    /// Freezes the event and writes it with its outbox row and its effects, durably. The caller beeps after this.
    ///
    /// # Errors
    /// [`StoreError::NotEnrolled`]; [`StoreError::OutboxFull`] where too many events wait: nothing confirmed is ever
    /// dropped, so the next one is refused before its beep (stops and undos have [`OUTBOX_EVENTS_RESERVED`] more);
    /// [`StoreError::Unsure`] where the disk failed and it is not known yet; [`StoreError::DiskFull`] and others leave
    /// everything as it was.
    pub fn confirm(&mut self, draft: Draft) -> Result<Confirmed, StoreError> {
        self.confirm_leaving(draft, None)
    }

    /// Confirms, and keeps in the same transaction what the operator has in hand after it: `None` as it was,
    /// `Some(None)` nothing.
    ///
    /// # Errors
    /// See [`Store::confirm`].
    pub fn confirm_leaving(
        &mut self,
        draft: Draft,
        in_hand: Option<Option<&str>>,
    ) -> Result<Confirmed, StoreError> {
        let identity = self.identity.as_ref().ok_or(StoreError::NotEnrolled)?;
        let reserve = match draft.body {
            Body::Hold(_) | Body::Undo(_) | Body::Loss(_) => OUTBOX_EVENTS_RESERVED,
            _ => 0,
        };
        if self.pending >= self.capacity + reserve {
            return Err(StoreError::OutboxFull { pending: self.pending, capacity: self.capacity });
        }
        let event = Event {
            v: EVENT_VERSION,
            id: draft.id,
            site: identity.site,
            device: identity.device,
            operator: draft.operator,
            at: draft.at,
            skew_ms: self.skew_ms,
            body: draft.body,
        };
        let epoch = identity.epoch;
        let bytes = event.encode()?;
        let text = std::str::from_utf8(&bytes).map_err(|error| StoreError::Protocol(error.to_string()))?;
        let seq = self.write(|tx| {
            let last = tail(tx, epoch)?;
            let (seq, hash) = (last.seq + 1, Hash::chain(last.hash, &bytes));
            tx.prepare_cached(include_str!("sql/event_add.sql"))?.execute((
                epoch,
                signed(seq),
                event.id.0.as_bytes(),
                hash.0,
                text,
                event.operator.0,
                event.at.0,
            ))?;
            tx.prepare_cached("INSERT INTO outbox (n) VALUES (?1)")?.execute([tx.last_insert_rowid()])?;
            apply(tx, &event, Change::Confirm)?;
            if let Some(in_hand) = in_hand {
                kept::put(tx, event.operator, event.at, in_hand)?;
            }
            if matches!(event.body, Body::Loss(_)) {
                loss::said(tx)?;
            }
            Ok(seq)
        })?;
        self.pending += 1;
        Ok(Confirmed { event, seq, pending: self.pending })
    }
}
