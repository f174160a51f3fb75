//! What a verdict needs to know, and what of it is not known yet.

use crate::domain::{
    DeviceId, Event, EventId, HoldState, HoldTarget, LocationId, LocationKind, LotKey, Order, OrderId,
    Progress, Role, SiteZone, StockKey, Timestamp, UserId,
};
use crate::ledger::KnownLot;
use crate::sync::wire::{Hash, Head, Status};
use foldhash::{HashMap, HashSet};
use std::collections::BTreeSet;
use std::sync::Arc;

/// The entry of a sequence that is here already.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Stored {
    /// The device's chain up to it.
    pub hash: Hash,
    /// Its bytes.
    pub bytes: String,
    /// Its place.
    pub stream_seq: u64,
    /// Why it has its verdict; empty for none.
    pub reason: String,
}

/// The entry of an event id.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct KnownId {
    /// Its place.
    pub stream_seq: u64,
    /// The verdict.
    pub status: Status,
    /// Why; empty for none.
    pub reason: String,
    /// Its bytes.
    pub bytes: String,
}

/// Which changes a counter could not know: of this balance, beyond this sequence, before this time, by others.
pub type Unseen = (StockKey, u64, Timestamp, DeviceId);

/// A count of a balance: its event, when, and by which device.
pub type Counted = (EventId, Timestamp, DeviceId);

/// What was read. What is absent was not asked; what was asked and is not there is `None` or empty.
#[derive(Debug, Default)]
pub struct Known {
    /// The newest entry of the site's stream, and of its control stream.
    pub site: Head,
    /// See `site`.
    pub control: Head,
    /// How far each device's chain is here.
    pub chains: HashMap<(DeviceId, u32), Head>,
    /// Entries of sequences.
    pub seqs: HashMap<(DeviceId, u32, u64), Stored>,
    /// Entries of event ids.
    pub ids: HashMap<EventId, KnownId>,
    /// Decides when a day ends.
    pub zone: Option<SiteZone>,
    /// Balances.
    pub balances: HashMap<StockKey, i64>,
    /// What labels have said.
    pub lots: HashMap<LotKey, Option<KnownLot>>,
    /// The targets of all open holds, as JSON.
    pub stopped: Option<HashSet<String>>,
    /// Open holds by target.
    pub holds_on: HashMap<String, Vec<HoldState>>,
    /// Holds by event.
    pub holds: HashMap<EventId, Option<HoldState>>,
    /// Holds that ended before they came.
    pub ends: HashMap<EventId, bool>,
    /// Events by id.
    pub events: HashMap<EventId, Option<(Event, bool)>>,
    /// What was taken back, by which event.
    pub undone: HashMap<EventId, Option<EventId>>,
    /// Orders as the master data has them.
    pub orders: HashMap<OrderId, Option<Arc<Order>>>,
    /// How often an order was closed, less the closings that were undone.
    pub closings: HashMap<OrderId, i64>,
    /// How far an order's lines are.
    pub progress: HashMap<OrderId, Vec<Progress>>,
    /// What active people may do.
    pub roles: HashMap<UserId, Option<Role>>,
    /// What locations are for.
    pub kinds: HashMap<LocationId, Option<LocationKind>>,
    /// Who took last from a balance.
    pub takers: HashMap<StockKey, Option<EventId>>,
    /// True where there is a count later than `since`.
    pub counted: Option<bool>,
    /// The earliest time of an event of the pushes.
    pub since: Option<Timestamp>,
    /// Counts of a balance later than `since`.
    pub counts: HashMap<StockKey, Vec<Counted>>,
    /// Changes that a counter could not know.
    pub unseen: HashMap<Unseen, Vec<EventId>>,
    /// What was taken from a target since then.
    pub taken: HashMap<(HoldTarget, Timestamp), Vec<EventId>>,
}

/// What is missing in [`Known`], field by field.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct Questions {
    /// See [`Known::zone`].
    pub zone: bool,
    /// See [`Known::balances`].
    pub balances: HashSet<StockKey>,
    /// See [`Known::lots`].
    pub lots: HashSet<LotKey>,
    /// See [`Known::stopped`].
    pub stopped: bool,
    /// See [`Known::holds_on`].
    pub holds_on: HashSet<String>,
    /// See [`Known::holds`].
    pub holds: BTreeSet<EventId>,
    /// See [`Known::ends`].
    pub ends: BTreeSet<EventId>,
    /// See [`Known::events`].
    pub events: BTreeSet<EventId>,
    /// See [`Known::undone`].
    pub undone: BTreeSet<EventId>,
    /// See [`Known::orders`] and [`Known::closings`].
    pub orders: BTreeSet<OrderId>,
    /// See [`Known::progress`].
    pub progress: BTreeSet<OrderId>,
    /// See [`Known::roles`].
    pub roles: BTreeSet<UserId>,
    /// See [`Known::kinds`].
    pub kinds: BTreeSet<LocationId>,
    /// See [`Known::takers`].
    pub takers: HashSet<StockKey>,
    /// See [`Known::counted`].
    pub counted: bool,
    /// See [`Known::counts`].
    pub counts: HashSet<StockKey>,
    /// See [`Known::unseen`].
    pub unseen: HashSet<Unseen>,
    /// See [`Known::taken`].
    pub taken: HashSet<(HoldTarget, Timestamp)>,
}

impl Questions {
    /// True where nothing is left to ask.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        *self == Self::default()
    }
}
