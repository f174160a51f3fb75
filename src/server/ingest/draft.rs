//! What pushes change: rows to write, each balance, line and lot once, however many events touch it.

use super::{Arrival, Batch};
use crate::domain::{
    DeviceId, Event, EventId, Hold, HuCode, LotKey, LotNumber, OrderId, PartyId, Quantity, SerialNumber,
    Signature, StockKey, Timestamp,
};
use crate::ledger::{KnownLot, Stage};
use crate::server::own::SERVER_DEVICE;
use crate::sync::wire::{Head, Status};
use foldhash::HashMap;
use std::collections::{BTreeMap, BTreeSet};

/// What a change of a balance came from, as stored.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ChangeKind {
    /// Neither of the others.
    Other = 0,
    /// A count.
    Count = 1,
    /// Taken for an order.
    Sale = 2,
}

/// One event at one balance.
#[derive(Debug, Clone)]
pub struct Change {
    /// The balance.
    pub key: StockKey,
    /// The event's place.
    pub stream_seq: u64,
    /// Which of the event's effects.
    pub n: u64,
    /// The event.
    pub event: EventId,
    /// Its corrected time.
    pub at: Timestamp,
    /// By how much.
    pub delta: i64,
    /// What it was.
    pub kind: ChangeKind,
    /// The device that made it.
    pub device: DeviceId,
}

/// A row of the ledger.
#[derive(Debug, Clone, Copy)]
pub struct EventRow<'a> {
    /// With which push.
    pub batch: &'a Batch,
    /// What came.
    pub arrival: &'a Arrival,
    /// The id under which it is found; none where the bytes cannot be read or claim an id that others have.
    pub id: Option<EventId>,
    /// The verdict.
    pub status: Status,
    /// Why; empty for none.
    pub reason: &'static str,
}

/// A stop that was placed.
#[derive(Debug, Clone)]
pub struct HoldRow<'a> {
    /// The event that placed it.
    pub event: &'a Event,
    /// What it says.
    pub hold: &'a Hold,
    /// Its target as JSON.
    pub target: String,
    /// True where its end is known.
    pub ended: bool,
}

/// Other bytes of a sequence that is taken, kept as evidence.
#[derive(Debug, Clone, Copy)]
pub struct ForkRow<'a> {
    /// With which push.
    pub batch: &'a Batch,
    /// What came.
    pub arrival: &'a Arrival,
}

/// One thing that does not add up.
#[derive(Debug, Clone)]
pub struct Opened {
    /// The entry that brought it up; 0 for none.
    pub stream_seq: u64,
    /// What kind, as a stable code.
    pub kind: &'static str,
    /// In words or JSON.
    pub detail: String,
    /// Since when.
    pub at: Timestamp,
}

/// Where a lot came from: supplier, order, units, when.
pub type OriginRow = (Option<PartyId>, Option<OrderId>, i64, Timestamp);
/// Where a lot went: lot, event, serial, line.
pub type DestinationKey = (LotKey, EventId, Option<SerialNumber>, i64);
/// An order's line: order, line, lot, serial.
pub type ProgressKey = (OrderId, u32, LotKey, Option<SerialNumber>);

/// Everything that pushes change, in memory.
#[derive(Debug, Default)]
pub struct Draft<'a> {
    /// New entries, in order, from the one behind [`super::Known::site`].
    pub events: Vec<EventRow<'a>>,
    /// Which of `events` go into the control stream too.
    pub control: Vec<usize>,
    /// Events that came again under a new sequence: with which push, which, and their place.
    pub aliases: Vec<(&'a Batch, &'a Arrival, u64)>,
    /// What balances change by, and since when.
    pub stock: HashMap<StockKey, (i64, Timestamp)>,
    /// What changed them, apart from virtual places.
    pub changes: Vec<Change>,
    /// Which of `changes` are at a balance.
    pub at: HashMap<StockKey, Vec<usize>>,
    /// What labels have said by now.
    pub lots: HashMap<LotKey, KnownLot>,
    /// Where lots came from.
    pub origins: BTreeMap<(LotKey, EventId), OriginRow>,
    /// Where lots went: order, customer, units, when.
    pub destinations: BTreeMap<DestinationKey, (OrderId, PartyId, i64, Timestamp)>,
    /// Units received, picked, dispatched and short.
    pub progress: BTreeMap<ProgressKey, [i64; 4]>,
    /// Stops placed.
    pub holds: BTreeMap<EventId, HoldRow<'a>>,
    /// Stops ended.
    pub ended: BTreeSet<EventId>,
    /// Closings less closings undone.
    pub closings: BTreeMap<OrderId, i64>,
    /// What was taken back, by which event.
    pub undone: BTreeMap<EventId, EventId>,
    /// What does not add up, by identity.
    pub discrepancies: BTreeMap<String, Opened>,
    /// Evidence.
    pub forks: Vec<ForkRow<'a>>,
    /// How far devices' chains are now, and their own word on it.
    pub chains: BTreeMap<(DeviceId, u32), (Head, Option<Signature>)>,
    /// What devices told of: the push and the newest sequence.
    pub reported: Vec<(&'a Batch, u64)>,
    /// Where new events are, by id.
    pub ids: HashMap<EventId, usize>,
}

impl<'a> Draft<'a> {
    /// Puts something before a person, once.
    pub(super) fn open(&mut self, identity: String, opened: Opened) {
        self.discrepancies.entry(identity).or_insert(opened);
    }

    /// Keeps the other bytes of a sequence that is taken, outside the ledger: under its next epoch the device may
    /// send the event again, and then it counts.
    pub(super) fn fork(&mut self, batch: &'a Batch, arrival: &'a Arrival) {
        // The server's own recordings race for an epoch: the second one takes the next, and nothing is odd.
        if batch.device == SERVER_DEVICE {
            return;
        }
        self.forks.push(ForkRow { batch, arrival });
        let (device, epoch, seq) = (batch.device, batch.epoch, arrival.seq);
        let detail = format!("two histories of device {device}: they part at epoch {epoch}, sequence {seq}");
        let opened = Opened { stream_seq: 0, kind: "fork", detail, at: batch.received };
        self.open(format!("fork:{device}/{epoch}"), opened);
    }

    pub(super) fn stock(&mut self, key: &StockKey, delta: i64, at: Timestamp) {
        if let Some((units, since)) = self.stock.get_mut(key) {
            *units = units.saturating_add(delta);
            *since = (*since).max(at);
        } else {
            self.stock.insert(key.clone(), (delta, at));
        }
    }

    pub(super) fn change(&mut self, change: Change) {
        let n = self.changes.len();
        if let Some(at) = self.at.get_mut(&change.key) {
            at.push(n);
        } else {
            self.at.insert(change.key.clone(), vec![n]);
        }
        self.changes.push(change);
    }

    /// The changes of a balance, oldest first.
    pub(super) fn changes_at(&self, key: &StockKey) -> impl DoubleEndedIterator<Item = &Change> {
        self.at.get(key).into_iter().flatten().filter_map(|n| self.changes.get(*n))
    }

    pub(super) fn progress(&mut self, key: ProgressKey, stage: Stage, quantity: Quantity) {
        let counts = self.progress.entry(key).or_default();
        let [received, picked, dispatched, short] = counts;
        let count = match stage {
            Stage::Received => received,
            Stage::Picked => picked,
            Stage::Dispatched => dispatched,
            Stage::Short => short,
        };
        *count = count.saturating_add(quantity.units());
    }
}

/// A label as stored; '' for none.
pub(crate) fn lot_text(lot: Option<&LotNumber>) -> &str {
    lot.map_or("", LotNumber::as_str)
}

/// See [`lot_text`].
pub(crate) fn serial_text(serial: Option<&SerialNumber>) -> &str {
    serial.map_or("", SerialNumber::as_str)
}

/// See [`lot_text`].
pub(crate) fn hu_text(hu: Option<&HuCode>) -> &str {
    hu.map_or("", HuCode::as_str)
}
