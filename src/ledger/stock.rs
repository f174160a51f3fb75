//! The fold: events → stock, in memory. It cannot fail; what is odd is reported, never clamped.

use super::{Discrepancy, Effect, Facts, KnownEvent, KnownLot, KnownOrder, Stage, effects, inspect};
use crate::domain::{
    Body, Destination, DeviceId, Event, EventId, HoldState, HoldTarget, LocationId, LocationKind, LotFacts,
    LotKey, Order, OrderId, OrderStatus, Origin, Place, Progress, Quantity, Role, SerialNumber, SiteZone,
    StockKey, Timestamp, UserId,
};
use std::collections::{BTreeMap, BTreeSet, btree_map::Entry};
use std::convert::Infallible;
use std::sync::Arc;

/// What events are judged against and do not carry themselves.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Setting {
    /// Decides when a day ends.
    pub zone: SiteZone,
    /// Orders by id.
    pub orders: BTreeMap<OrderId, Order>,
    /// What active operators may do.
    pub roles: BTreeMap<UserId, Role>,
    /// What locations are for.
    pub kinds: BTreeMap<LocationId, LocationKind>,
}

impl Default for Setting {
    fn default() -> Self {
        Self {
            zone: SiteZone(chrono_tz::UTC),
            orders: BTreeMap::new(),
            roles: BTreeMap::new(),
            kinds: BTreeMap::new(),
        }
    }
}

/// A quantity somewhere.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Balance {
    /// Base units; negative where facts contradict each other.
    pub quantity: Quantity,
    /// Corrected time of the last change.
    pub since: Timestamp,
}

type ProgressKey = (OrderId, u32, LotKey, Option<SerialNumber>);
type OriginKey = (LotKey, EventId, Option<crate::domain::PartyId>, Option<OrderId>);
type DestinationKey = (LotKey, Option<SerialNumber>, EventId, OrderId, Option<u32>, crate::domain::PartyId);

/// One event at one balance, for checks that look back.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Change {
    event: EventId,
    device: DeviceId,
    at: Timestamp,
    seq: u64,
    delta: Quantity,
    kind: ChangeKind,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum ChangeKind {
    Count,
    Sale,
    Other,
}

/// Everything that events say together.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Stock {
    setting: Setting,
    balances: BTreeMap<StockKey, Balance>,
    lots: BTreeMap<LotKey, KnownLot>,
    placed: BTreeMap<EventId, HoldState>,
    ended: BTreeSet<EventId>,
    closings: BTreeMap<OrderId, i64>,
    progress: BTreeMap<ProgressKey, Progress>,
    origins: BTreeMap<OriginKey, Origin>,
    destinations: BTreeMap<DestinationKey, Destination>,
    undone: BTreeMap<EventId, EventId>,
    events: BTreeMap<EventId, KnownEvent>,
    changes: BTreeMap<StockKey, Vec<Change>>,
}

/// Folds events that all count, as on a device that has not asked a server yet.
pub fn fold<'a>(events: impl IntoIterator<Item = &'a Event>) -> (Stock, Vec<Discrepancy>) {
    fold_entries(Setting::default(), events.into_iter().map(|event| (event, true)))
}

/// Folds events with the verdict on each: those without effect are kept and change nothing.
pub fn fold_entries<'a>(
    setting: Setting,
    entries: impl IntoIterator<Item = (&'a Event, bool)>,
) -> (Stock, Vec<Discrepancy>) {
    let mut stock = Stock::new(setting);
    let mut found = Vec::new();
    for (event, has_effect) in entries {
        found.append(&mut stock.apply(event, has_effect));
    }
    (stock, found)
}

impl Stock {
    /// An empty warehouse.
    #[must_use]
    pub fn new(setting: Setting) -> Self {
        Self { setting, ..Self::default() }
    }

    /// Applies the next event of the stream and says what does not add up. An event that was there already is ignored;
    /// so are the effects of a second undo of the same event.
    pub fn apply(&mut self, event: &Event, has_effect: bool) -> Vec<Discrepancy> {
        if self.events.contains_key(&event.id) {
            return Vec::new();
        }
        let found = if has_effect {
            let Ok(found) = inspect(event, self);
            found
        } else {
            Vec::new()
        };
        let counts =
            has_effect && !matches!(&event.body, Body::Undo(undo) if self.undone.contains_key(&undo.event));
        self.events.insert(event.id, KnownEvent { event: event.clone(), has_effect: counts });
        if counts {
            for effect in effects(event) {
                self.apply_effect(event, effect);
            }
            self.counted_as_expected(event);
        }
        found
    }

    /// A count that found what it expected changes nothing, and is still overtaken by what it did not know.
    fn counted_as_expected(&mut self, event: &Event) {
        let Body::Count(count) = &event.body else { return };
        for line in count.lines.iter().filter(|line| line.counted == line.expected) {
            self.remember(event, line.key.clone(), Quantity::ZERO);
        }
    }

    fn apply_effect(&mut self, event: &Event, effect: Effect<'_>) {
        let (id, at) = (event.id, event.corrected_at());
        match effect {
            Effect::Stock { key, delta } => self.change(event, key, delta),
            Effect::Lot { facts, received } => self.label(id, facts, received),
            Effect::Origin { lot, supplier, order, quantity } => {
                let key = (lot.clone(), id, supplier, order);
                let row = Origin { lot, event: id, supplier, order, quantity: Quantity::ZERO, at };
                self.origins.entry(key).or_insert(row).quantity += quantity;
            }
            Effect::Destination { lot, serial, order, line, customer, quantity } => {
                let key = (lot.clone(), serial.clone(), id, order, line, customer);
                let (event, zero) = (id, Quantity::ZERO);
                let row = Destination { lot, serial, event, order, line, customer, quantity: zero, at };
                self.destinations.entry(key).or_insert(row).quantity += quantity;
            }
            Effect::Progress { order, line, lot, serial, stage, quantity } => {
                let row = self.progress_row(order, line, lot, serial);
                let count = match stage {
                    Stage::Received => &mut row.received,
                    Stage::Picked => &mut row.picked,
                    Stage::Dispatched => &mut row.dispatched,
                    Stage::Short => &mut row.short,
                };
                *count = count.saturating_add(quantity.units());
            }
            Effect::Hold(hold) => {
                let (hold, operator) = (hold.clone(), event.operator);
                self.placed.insert(id, HoldState { id, hold, operator, at, released: false });
            }
            Effect::Release { hold, .. } => {
                self.ended.insert(hold);
            }
            Effect::Closed { order, closed } => {
                *self.closings.entry(order).or_default() += if closed { 1 } else { -1 };
            }
            Effect::Undone { event } => {
                self.undone.entry(event).or_insert(id);
            }
        }
    }

    fn change(&mut self, event: &Event, key: StockKey, delta: Quantity) {
        let at = event.corrected_at();
        let balance =
            self.balances.entry(key.clone()).or_insert(Balance { quantity: Quantity::ZERO, since: at });
        balance.quantity += delta;
        balance.since = balance.since.max(at);
        self.remember(event, key, delta);
    }

    fn remember(&mut self, event: &Event, key: StockKey, delta: Quantity) {
        let kind = match event.body {
            Body::Count(_) => ChangeKind::Count,
            Body::Pick(_) | Body::Dispatch(_) => ChangeKind::Sale,
            _ => ChangeKind::Other,
        };
        let seq = u64::try_from(self.events.len()).unwrap_or(u64::MAX);
        let (device, at) = (event.device, event.corrected_at());
        let change = Change { event: event.id, device, at, seq, delta, kind };
        self.changes.entry(key).or_default().push(change);
    }

    fn label(&mut self, event: EventId, said: &LotFacts, received: Timestamp) {
        let key = LotKey { item: said.item, lot: Some(said.lot.clone()) };
        match self.lots.entry(key) {
            Entry::Vacant(slot) => {
                slot.insert(KnownLot { facts: said.clone(), event, received });
            }
            Entry::Occupied(mut slot) => {
                let known = slot.get_mut();
                known.received = known.received.min(received);
                fill(&mut known.facts, said);
            }
        }
    }

    fn progress_row(
        &mut self,
        order: OrderId,
        line: u32,
        lot: LotKey,
        serial: Option<SerialNumber>,
    ) -> &mut Progress {
        self.progress.entry((order, line, lot.clone(), serial.clone())).or_insert(Progress {
            order,
            line,
            lot,
            serial,
            received: 0,
            picked: 0,
            dispatched: 0,
            short: 0,
        })
    }

    /// Balances other than zero, virtual places included.
    pub fn balances(&self) -> impl Iterator<Item = (&StockKey, Balance)> {
        self.balances.iter().filter(|(_, held)| !held.quantity.is_zero()).map(|(key, held)| (key, *held))
    }

    /// Lots that labels have named.
    pub fn lots(&self) -> impl Iterator<Item = &KnownLot> {
        self.lots.values()
    }

    /// Holds, open and ended.
    pub fn holds(&self) -> impl Iterator<Item = HoldState> {
        self.placed
            .values()
            .map(|state| HoldState { released: self.ended.contains(&state.id), ..state.clone() })
    }

    /// How far order lines are, for each lot and unit.
    pub fn all_progress(&self) -> impl Iterator<Item = &Progress> {
        self.progress.values()
    }

    /// Where lots came from, undone receipts as rows of their own below zero.
    pub fn origins(&self) -> impl Iterator<Item = &Origin> {
        self.origins.values()
    }

    /// Where lots went, undone dispatches and returns as rows of their own below zero.
    pub fn destinations(&self) -> impl Iterator<Item = &Destination> {
        self.destinations.values()
    }

    /// Orders that events have closed.
    pub fn closed(&self) -> impl Iterator<Item = OrderId> {
        self.closings.iter().filter(|(_, times)| **times > 0).map(|(order, _)| *order)
    }

    /// Events that were taken back, each with what took it back.
    pub fn undone(&self) -> impl Iterator<Item = (EventId, EventId)> {
        self.undone.iter().map(|(event, by)| (*event, *by))
    }

    /// Conservation: lots whose balances over all places do not sum to zero. Always empty.
    #[must_use]
    pub fn imbalances(&self) -> Vec<(LotKey, Quantity)> {
        let mut sums = BTreeMap::<LotKey, Quantity>::new();
        for (key, balance) in &self.balances {
            let lot = LotKey { item: key.item, lot: key.lot.clone() };
            *sums.entry(lot).or_default() += balance.quantity;
        }
        sums.into_iter().filter(|(_, sum)| !sum.is_zero()).collect()
    }

    fn changes(&self, key: &StockKey) -> impl DoubleEndedIterator<Item = &Change> {
        self.changes.get(key).into_iter().flatten()
    }
}

/// What was said first stays; what it left open is filled.
pub fn fill(known: &mut LotFacts, said: &LotFacts) {
    known.expiry = known.expiry.or(said.expiry);
    known.best_before = known.best_before.or(said.best_before);
    known.produced = known.produced.or(said.produced);
    known.supplier_lot = known.supplier_lot.take().or_else(|| said.supplier_lot.clone());
    known.vintage = known.vintage.take().or_else(|| said.vintage.clone());
    known.origin = known.origin.take().or_else(|| said.origin.clone());
}

fn covers(target: &HoldTarget, lot: &LotKey, place: &Place) -> bool {
    match target {
        HoldTarget::Lot(held) => held == lot,
        HoldTarget::Location(location) => *location == place.location,
        HoldTarget::Hu(hu) => place.hu.as_ref() == Some(hu),
    }
}

fn ids<'a>(changes: impl Iterator<Item = &'a Change>) -> Vec<EventId> {
    changes.map(|change| change.event).collect::<BTreeSet<_>>().into_iter().collect()
}

impl Facts for Stock {
    type Error = Infallible;

    fn zone(&self) -> SiteZone {
        self.setting.zone
    }

    fn balance(&self, key: &StockKey) -> Result<Quantity, Infallible> {
        Ok(self.balances.get(key).map_or(Quantity::ZERO, |balance| balance.quantity))
    }

    fn lot(&self, lot: &LotKey) -> Result<Option<KnownLot>, Infallible> {
        Ok(self.lots.get(lot).cloned())
    }

    fn holds_on(&self, lot: &LotKey, place: &Place) -> Result<Vec<HoldState>, Infallible> {
        Ok(self.holds().filter(|state| !state.released && covers(&state.hold.target, lot, place)).collect())
    }

    fn hold(&self, id: EventId) -> Result<Option<HoldState>, Infallible> {
        Ok(self.holds().find(|state| state.id == id))
    }

    fn event(&self, id: EventId) -> Result<Option<KnownEvent>, Infallible> {
        Ok(self.events.get(&id).cloned())
    }

    fn undone_by(&self, id: EventId) -> Result<Option<EventId>, Infallible> {
        Ok(self.undone.get(&id).copied())
    }

    fn order(&self, id: OrderId) -> Result<Option<KnownOrder>, Infallible> {
        Ok(self.setting.orders.get(&id).map(|order| KnownOrder {
            closed: order.status != OrderStatus::Open || self.closed().any(|closed| closed == id),
            order: Arc::new(order.clone()),
        }))
    }

    fn progress(&self, order: OrderId) -> Result<Vec<Progress>, Infallible> {
        Ok(self.progress.values().filter(|row| row.order == order).cloned().collect())
    }

    fn role(&self, user: UserId) -> Result<Option<Role>, Infallible> {
        Ok(self.setting.roles.get(&user).copied())
    }

    fn location_kind(&self, location: LocationId) -> Result<Option<LocationKind>, Infallible> {
        Ok(self.setting.kinds.get(&location).copied())
    }

    fn last_taker(&self, key: &StockKey) -> Result<Option<EventId>, Infallible> {
        Ok(self.changes(key).rev().find(|change| change.delta.is_negative()).map(|change| change.event))
    }

    fn counts_after(
        &self,
        key: &StockKey,
        at: Timestamp,
        except: DeviceId,
    ) -> Result<Vec<EventId>, Infallible> {
        let counts = self.changes(key).filter(|change| change.kind == ChangeKind::Count);
        Ok(ids(counts.filter(|count| count.at > at && count.device != except)))
    }

    fn changes_unseen(
        &self,
        key: &StockKey,
        synced_to: u64,
        at: Timestamp,
        except: DeviceId,
    ) -> Result<Vec<EventId>, Infallible> {
        let unseen = self.changes(key).filter(|change| change.seq > synced_to && change.at < at);
        Ok(ids(unseen.filter(|change| change.device != except)))
    }

    fn taken_since(&self, target: &HoldTarget, at: Timestamp) -> Result<Vec<EventId>, Infallible> {
        let touched = self
            .changes
            .iter()
            .filter(|(key, _)| covers(target, &LotKey { item: key.item, lot: key.lot.clone() }, &key.place));
        let sales = touched.flat_map(|(_, changes)| changes).filter(|change| change.kind == ChangeKind::Sale);
        Ok(ids(sales.filter(|change| change.at >= at && change.delta.is_negative())))
    }
}
