//! The verdicts on pushes: pure, from what is known to what is to be written.
//!
//! What is not known yet is answered as if there were nothing and noted as a question; who judges reads the answers and
//! judges again, until there are no questions. So the database is asked in a few statements for all events at once,
//! whatever database it is, and the rules stand here alone.

use super::draft::{Change, ChangeKind, Draft, EventRow, HoldRow, Opened};
use super::known::{Known, KnownId, Questions, Stored};
use super::{Arrival, Batch, Fault};
use crate::domain::{
    Body, DeviceId, Event, EventId, HoldState, HoldTarget, LocationId, LocationKind, LotFacts, LotKey,
    OrderId, OrderStatus, Place, Progress, Quantity, Role, SiteZone, StockKey, Timestamp, UserId,
};
use crate::ledger::{
    Discrepancy, Effect, Facts, KnownEvent, KnownLot, KnownOrder, Mismatch, SKEW_MS_MAX, effects, fill,
    inspect, refuse,
};
use crate::server::storage::PushOutcome;
use crate::sync::wire::{Conflict, Hash, Head, PushReply, PushResult, Status};
use std::cell::RefCell;
use std::collections::{BTreeMap, BTreeSet};
use std::convert::Infallible;

/// What pushes come to.
pub struct Plan<'a> {
    /// The answer to each push.
    pub outcomes: Vec<PushOutcome>,
    /// What is to be written.
    pub draft: Draft<'a>,
    /// What must be known first. Where this is not empty, the rest is not the last word.
    pub questions: Questions,
}

/// Judges pushes of one site, each of another device, in order.
#[must_use]
pub fn judge<'a>(batches: &'a [Batch], known: &Known) -> Plan<'a> {
    let mut judge = Judge { view: View { known, draft: Draft::default(), questions: RefCell::default() } };
    let outcomes = batches.iter().map(|batch| judge.batch(batch)).collect();
    Plan { outcomes, draft: judge.view.draft, questions: judge.view.questions.into_inner() }
}

struct Judge<'k, 'a> {
    view: View<'k, 'a>,
}

impl<'a> Judge<'_, 'a> {
    fn batch(&mut self, batch: &'a Batch) -> PushOutcome {
        let chain = self.view.known.chains.get(&(batch.device, batch.epoch)).copied().unwrap_or_default();
        if let Some(conflict) = self.join(batch, chain) {
            return PushOutcome::Conflict(conflict);
        }
        let known = batch.arrivals.iter().take_while(|arrival| arrival.seq <= chain.seq).count();
        let (old, new) = batch.arrivals.split_at(known);
        let mut results = Vec::with_capacity(batch.arrivals.len());
        for arrival in old {
            match self.again(batch, arrival) {
                Ok(result) => results.push(result),
                Err(conflict) => return PushOutcome::Conflict(conflict),
            }
        }
        if !new.is_empty() {
            self.clock(batch);
        }
        for arrival in new {
            let result = self.append(batch, arrival);
            results.push(result);
        }
        let end = new.last().map_or(chain, |last| Head { seq: last.seq, hash: last.hash });
        if !new.is_empty() {
            self.view.draft.chains.insert((batch.device, batch.epoch), (end, batch.signature));
            if batch.revoked {
                self.revoked(batch);
            }
        }
        self.view.draft.reported.push((batch, end.seq));
        // What stands behind this push here may be of a copy of the device.
        let acked_through = batch.arrivals.last().map_or(0, |last| last.seq);
        PushOutcome::Stored(PushReply { acked_through, results, retry_after_s: None })
    }

    /// Checks that the push follows what is here: no gap, and the same chain before its first event.
    fn join(&mut self, batch: &'a Batch, chain: Head) -> Option<Conflict> {
        let first = batch.arrivals.first()?;
        if first.seq > chain.seq + 1 {
            let reported = batch.arrivals.last().map_or(0, |last| last.seq);
            self.view.draft.reported.push((batch, reported));
            return Some(Conflict::Gap { expected: chain.seq + 1 });
        }
        let before = match first.seq - 1 {
            0 => Hash::default(),
            seq if seq == chain.seq => chain.hash,
            seq => self.stored(batch, seq).map_or_else(Hash::default, |row| row.hash),
        };
        if before == batch.prev_hash {
            return None;
        }
        self.view.draft.fork(batch, first);
        Some(Conflict::Fork { expected_hash: before })
    }

    fn stored(&self, batch: &Batch, seq: u64) -> Option<&Stored> {
        self.view.known.seqs.get(&(batch.device, batch.epoch, seq))
    }

    /// A sequence that is here already: the same event again, or a fork, whose bytes are kept as evidence.
    fn again(&mut self, batch: &'a Batch, arrival: &'a Arrival) -> Result<PushResult, Conflict> {
        let stored = self.stored(batch, arrival.seq);
        if let Some(stored) = stored
            && stored.hash == arrival.hash
            && stored.bytes == arrival.bytes
        {
            return Ok(result(arrival, Status::Duplicate, stored.stream_seq, &stored.reason));
        }
        let expected_hash = stored.map_or_else(Hash::default, |stored| stored.hash);
        self.view.draft.fork(batch, arrival);
        Err(Conflict::Fork { expected_hash })
    }

    fn append(&mut self, batch: &'a Batch, arrival: &'a Arrival) -> PushResult {
        let id = arrival.id.filter(|_| arrival.event.is_ok());
        if let Some(id) = id
            && let Some(known) = self.view.find(id)
        {
            if known.bytes == arrival.bytes {
                let result = result(arrival, Status::Duplicate, known.stream_seq, &known.reason);
                self.view.draft.aliases.push((batch, arrival, known.stream_seq));
                return result;
            }
            self.id_conflict(batch, arrival, id);
            return self.insert(batch, arrival, None, Status::Quarantined, Fault::IdConflict.code());
        }
        match &arrival.event {
            Err(fault) => self.insert(batch, arrival, None, Status::Quarantined, fault.code()),
            Ok(event) => {
                let (status, reason) = self.apply(batch, event);
                self.insert(batch, arrival, id, status, reason)
            }
        }
    }

    /// Other bytes came under an id that the ledger has.
    fn id_conflict(&mut self, batch: &Batch, arrival: &Arrival, id: EventId) {
        let (device, epoch, seq) = (batch.device, batch.epoch, arrival.seq);
        let detail = format!("device {device} sent other content under the id of event {id}");
        let opened = Opened { stream_seq: 0, kind: "id_conflict", detail, at: batch.received };
        self.view.draft.open(format!("id_conflict:{id}/{device}/{epoch}/{seq}"), opened);
    }

    /// A device that is locked out handed in what it had recorded.
    fn revoked(&mut self, batch: &Batch) {
        let device = batch.device;
        let detail = format!("device {device} is locked out; what it still had recorded is in quarantine");
        let opened = Opened { stream_seq: 0, kind: "revoked_device", detail, at: batch.received };
        self.view.draft.open(format!("revoked:{device}/{}", batch.epoch), opened);
    }

    fn insert(
        &mut self,
        batch: &'a Batch,
        arrival: &'a Arrival,
        id: Option<EventId>,
        status: Status,
        reason: &'static str,
    ) -> PushResult {
        let stream_seq = self.view.next_seq();
        let draft = &mut self.view.draft;
        let n = draft.events.len();
        if status.has_effect() && arrival.event.as_ref().is_ok_and(|event| is_control(&event.body)) {
            draft.control.push(n);
        }
        if let Some(id) = id {
            draft.ids.insert(id, n);
        }
        draft.events.push(EventRow { batch, arrival, id, status, reason });
        result(arrival, status, stream_seq, reason)
    }

    /// Decides, and applies the effects of what counts.
    fn apply(&mut self, batch: &Batch, event: &'a Event) -> (Status, &'static str) {
        let Ok(refusal) = refuse(event, &self.view);
        if let Some(refusal) = refusal {
            return (Status::Refused, refusal.code());
        }
        let Ok(found) = inspect(event, &self.view);
        let stream_seq = self.view.next_seq();
        for (n, effect) in effects(event).into_iter().enumerate() {
            self.effect(event, stream_seq, n as u64, effect);
        }
        for discrepancy in &found {
            self.open(discrepancy, stream_seq, batch.received);
        }
        match found.first() {
            None => (Status::Accepted, ""),
            Some(first) => (Status::Flagged, first.what.code()),
        }
    }

    /// Reports a device whose clock, as it sends, is too far off.
    fn clock(&mut self, batch: &Batch) {
        let first = batch.arrivals.iter().find_map(|arrival| arrival.id);
        let Some(event) = first.filter(|_| batch.skew_ms.unsigned_abs() > SKEW_MS_MAX) else { return };
        let day = self.view.zone().day(batch.received);
        let what = Mismatch::ClockSkew { device: batch.device, day, skew_ms: batch.skew_ms };
        self.open(&Discrepancy { event, others: Vec::new(), what }, 0, batch.received);
    }

    fn open(&mut self, discrepancy: &Discrepancy, stream_seq: u64, at: Timestamp) {
        let detail = serde_json::to_string(discrepancy).unwrap_or_default();
        let opened = Opened { stream_seq, kind: discrepancy.what.code(), detail, at };
        self.view.draft.open(discrepancy.identity(), opened);
    }

    fn effect(&mut self, event: &'a Event, stream_seq: u64, n: u64, effect: Effect<'a>) {
        let at = event.corrected_at();
        match effect {
            Effect::Stock { key, delta } => self.stock(event, stream_seq, n, key, delta),
            Effect::Lot { facts, received } => self.lot(event.id, facts, received),
            Effect::Origin { lot, supplier, order, quantity } => {
                let row = (supplier, order, 0, at);
                let (.., units, _) = self.view.draft.origins.entry((lot, event.id)).or_insert(row);
                *units = units.saturating_add(quantity.units());
            }
            Effect::Destination { lot, serial, order, line, customer, quantity } => {
                let key = (lot, event.id, serial, line.map_or(-1, i64::from));
                let row = (order, customer, 0, at);
                let (.., units, _) = self.view.draft.destinations.entry(key).or_insert(row);
                *units = units.saturating_add(quantity.units());
            }
            Effect::Progress { order, line, lot, serial, stage, quantity } => {
                self.view.draft.progress((order, line, lot, serial), stage, quantity);
            }
            Effect::Hold(hold) => {
                let ended = self.view.has_ended(event.id);
                let target = target_text(&hold.target);
                self.view.draft.holds.insert(event.id, HoldRow { event, hold, target, ended });
            }
            Effect::Release { hold, .. } => {
                self.view.draft.ended.insert(hold);
                if let Some(row) = self.view.draft.holds.get_mut(&hold) {
                    row.ended = true;
                }
            }
            Effect::Closed { order, closed } => {
                *self.view.draft.closings.entry(order).or_default() += if closed { 1 } else { -1 };
            }
            Effect::Undone { event: undone } => {
                if self.view.undone(undone).is_none() {
                    self.view.draft.undone.insert(undone, event.id);
                }
            }
        }
    }

    fn stock(&mut self, event: &Event, stream_seq: u64, n: u64, key: StockKey, delta: Quantity) {
        let (at, units) = (event.corrected_at(), delta.units());
        let draft = &mut self.view.draft;
        draft.stock(&key, units, at);
        if key.place.location.is_virtual() {
            return;
        }
        let kind = match event.body {
            Body::Count(_) => ChangeKind::Count,
            Body::Pick(_) | Body::Dispatch(_) if delta.is_negative() => ChangeKind::Sale,
            _ => ChangeKind::Other,
        };
        let (event, device) = (event.id, event.device);
        draft.change(Change { key, stream_seq, n, event, at, delta: units, kind, device });
    }

    fn lot(&mut self, event: EventId, said: &LotFacts, received: Timestamp) {
        let key = LotKey { item: said.item, lot: Some(said.lot.clone()) };
        let known = match self.view.label(&key) {
            None => KnownLot { facts: said.clone(), event, received },
            Some(mut known) => {
                fill(&mut known.facts, said);
                known.received = known.received.min(received);
                known
            }
        };
        self.view.draft.lots.insert(key, known);
    }
}

fn result(arrival: &Arrival, status: Status, stream_seq: u64, reason: &str) -> PushResult {
    let reason = (!reason.is_empty()).then(|| reason.to_owned());
    PushResult { seq: arrival.seq, event_id: arrival.id, status, stream_seq, reason }
}

/// What every device must know before anything else.
pub(crate) fn is_control(body: &Body) -> bool {
    match body {
        Body::Hold(_) | Body::Release(_) => true,
        Body::Undo(undo) => is_control(&undo.body),
        _ => false,
    }
}

/// A stop's target as it is looked up by.
pub(crate) fn target_text(target: &HoldTarget) -> String {
    serde_json::to_string(target).unwrap_or_default()
}

/// What is known and what the draft has changed since.
struct View<'k, 'a> {
    known: &'k Known,
    draft: Draft<'a>,
    questions: RefCell<Questions>,
}

impl View<'_, '_> {
    fn next_seq(&self) -> u64 {
        self.known.site.seq + self.draft.events.len() as u64 + 1
    }

    /// Notes a question; what stands in for the answer.
    fn ask<T: Default>(&self, question: impl FnOnce(&mut Questions) -> bool) -> T {
        question(&mut self.questions.borrow_mut());
        T::default()
    }

    fn find(&self, id: EventId) -> Option<KnownId> {
        let Some(n) = self.draft.ids.get(&id) else { return self.known.ids.get(&id).cloned() };
        let row = self.draft.events.get(*n)?;
        Some(KnownId {
            stream_seq: self.known.site.seq + *n as u64 + 1,
            status: row.status,
            reason: row.reason.to_owned(),
            bytes: row.arrival.bytes.clone(),
        })
    }

    fn label(&self, lot: &LotKey) -> Option<KnownLot> {
        if let Some(known) = self.draft.lots.get(lot) {
            return Some(known.clone());
        }
        match self.known.lots.get(lot) {
            Some(known) => known.clone(),
            None => self.ask(|questions| questions.lots.insert(lot.clone())),
        }
    }

    fn has_ended(&self, hold: EventId) -> bool {
        self.draft.ended.contains(&hold)
            || match self.known.ends.get(&hold) {
                Some(ended) => *ended,
                None => self.ask(|questions| questions.ends.insert(hold)),
            }
    }

    fn undone(&self, id: EventId) -> Option<EventId> {
        if let Some(by) = self.draft.undone.get(&id) {
            return Some(*by);
        }
        match self.known.undone.get(&id) {
            Some(by) => *by,
            None => self.ask(|questions| questions.undone.insert(id)),
        }
    }

    fn is_counted(&self) -> bool {
        self.known
            .counted
            .unwrap_or_else(|| self.ask(|questions| std::mem::replace(&mut questions.counted, true)))
    }

    /// Stops on a target before these pushes.
    fn stopped(&self, target: &str) -> Vec<HoldState> {
        match &self.known.stopped {
            None => self.ask(|questions| std::mem::replace(&mut questions.stopped, true)),
            Some(stopped) if !stopped.contains(target) => Vec::new(),
            Some(_) => match self.known.holds_on.get(target) {
                Some(holds) => holds.clone(),
                None => self.ask(|questions| questions.holds_on.insert(target.to_owned())),
            },
        }
    }

    fn placed(&self, row: &HoldRow<'_>) -> HoldState {
        HoldState {
            id: row.event.id,
            hold: row.hold.clone(),
            operator: row.event.operator,
            at: row.event.corrected_at(),
            released: row.ended,
        }
    }

    fn covers(target: &HoldTarget, change: &Change) -> bool {
        match target {
            HoldTarget::Lot(lot) => change.key.item == lot.item && change.key.lot == lot.lot,
            HoldTarget::Location(location) => change.key.place.location == *location,
            HoldTarget::Hu(hu) => change.key.place.hu.as_ref() == Some(hu),
        }
    }
}

impl Facts for View<'_, '_> {
    type Error = Infallible;

    fn zone(&self) -> SiteZone {
        self.known.zone.unwrap_or_else(|| {
            self.questions.borrow_mut().zone = true;
            SiteZone(chrono_tz::UTC)
        })
    }

    fn balance(&self, key: &StockKey) -> Result<Quantity, Infallible> {
        let known = match self.known.balances.get(key) {
            Some(units) => *units,
            None => self.ask(|questions| questions.balances.insert(key.clone())),
        };
        let since = self.draft.stock.get(key).map_or(0, |(units, _)| *units);
        Ok(Quantity::balance(known.saturating_add(since)))
    }

    fn lot(&self, lot: &LotKey) -> Result<Option<KnownLot>, Infallible> {
        Ok(self.label(lot))
    }

    fn holds_on(&self, lot: &LotKey, place: &Place) -> Result<Vec<HoldState>, Infallible> {
        if self.known.stopped.as_ref().is_some_and(|stopped| stopped.is_empty())
            && self.draft.holds.is_empty()
        {
            return Ok(Vec::new());
        }
        let mut targets = vec![HoldTarget::Lot(lot.clone()), HoldTarget::Location(place.location)];
        targets.extend(place.hu.clone().map(HoldTarget::Hu));
        let mut holds = BTreeMap::new();
        for target in targets {
            let text = target_text(&target);
            for hold in self.stopped(&text) {
                if !self.draft.ended.contains(&hold.id) {
                    holds.insert(hold.id, hold);
                }
            }
            for row in self.draft.holds.values().filter(|row| !row.ended && row.target == text) {
                holds.insert(row.event.id, self.placed(row));
            }
        }
        Ok(holds.into_values().collect())
    }

    fn hold(&self, id: EventId) -> Result<Option<HoldState>, Infallible> {
        if let Some(row) = self.draft.holds.get(&id) {
            return Ok(Some(self.placed(row)));
        }
        let mut known = match self.known.holds.get(&id) {
            Some(known) => known.clone(),
            None => self.ask(|questions| questions.holds.insert(id)),
        };
        if let Some(known) = &mut known {
            known.released |= self.draft.ended.contains(&id);
        }
        Ok(known)
    }

    fn event(&self, id: EventId) -> Result<Option<KnownEvent>, Infallible> {
        if let Some(row) = self.draft.ids.get(&id).and_then(|n| self.draft.events.get(*n)) {
            let event = row.arrival.event.as_ref().ok().map(|event| (**event).clone());
            return Ok(event.map(|event| KnownEvent { event, has_effect: row.status.has_effect() }));
        }
        let known = match self.known.events.get(&id) {
            Some(known) => known.clone(),
            None => self.ask(|questions| questions.events.insert(id)),
        };
        Ok(known.map(|(event, has_effect)| KnownEvent { event, has_effect }))
    }

    fn undone_by(&self, id: EventId) -> Result<Option<EventId>, Infallible> {
        Ok(self.undone(id))
    }

    fn order(&self, id: OrderId) -> Result<Option<KnownOrder>, Infallible> {
        let (Some(order), Some(times)) = (self.known.orders.get(&id), self.known.closings.get(&id)) else {
            return Ok(self.ask(|questions| questions.orders.insert(id)));
        };
        let Some(order) = order.clone() else { return Ok(None) };
        let times = times + self.draft.closings.get(&id).copied().unwrap_or(0);
        let closed = times > 0 || order.status != OrderStatus::Open;
        Ok(Some(KnownOrder { order, closed }))
    }

    fn progress(&self, order: OrderId) -> Result<Vec<Progress>, Infallible> {
        let known: Vec<Progress> = match self.known.progress.get(&order) {
            Some(known) => known.clone(),
            None => self.ask(|questions| questions.progress.insert(order)),
        };
        let mut lines: BTreeMap<_, Progress> =
            known.into_iter().map(|row| ((row.line, row.lot.clone(), row.serial.clone()), row)).collect();
        for ((of, line, lot, serial), [received, picked, dispatched, short]) in &self.draft.progress {
            if *of != order {
                continue;
            }
            let row = lines.entry((*line, lot.clone(), serial.clone())).or_insert_with(|| Progress {
                order,
                line: *line,
                lot: lot.clone(),
                serial: serial.clone(),
                received: 0,
                picked: 0,
                dispatched: 0,
                short: 0,
            });
            row.received += received;
            row.picked += picked;
            row.dispatched += dispatched;
            row.short += short;
        }
        Ok(lines.into_values().collect())
    }

    fn role(&self, user: UserId) -> Result<Option<Role>, Infallible> {
        Ok(match self.known.roles.get(&user) {
            Some(role) => *role,
            None => self.ask(|questions| questions.roles.insert(user)),
        })
    }

    fn location_kind(&self, location: LocationId) -> Result<Option<LocationKind>, Infallible> {
        Ok(match self.known.kinds.get(&location) {
            Some(kind) => *kind,
            None => self.ask(|questions| questions.kinds.insert(location)),
        })
    }

    fn last_taker(&self, key: &StockKey) -> Result<Option<EventId>, Infallible> {
        if let Some(change) = self.draft.changes_at(key).rev().find(|change| change.delta < 0) {
            return Ok(Some(change.event));
        }
        Ok(match self.known.takers.get(key) {
            Some(taker) => *taker,
            None => self.ask(|questions| questions.takers.insert(key.clone())),
        })
    }

    fn counts_after(
        &self,
        key: &StockKey,
        at: Timestamp,
        except: DeviceId,
    ) -> Result<Vec<EventId>, Infallible> {
        let mut found = BTreeSet::new();
        if self.is_counted() {
            let none = Vec::new();
            let counts = self.known.counts.get(key).unwrap_or_else(|| {
                self.questions.borrow_mut().counts.insert(key.clone());
                &none
            });
            let later = counts.iter().filter(|(_, when, device)| *when > at && *device != except);
            found.extend(later.map(|(event, ..)| *event));
        }
        let counts = self.draft.changes_at(key).filter(|change| change.kind == ChangeKind::Count);
        let later = counts.filter(|change| change.at > at && change.device != except);
        found.extend(later.map(|change| change.event));
        Ok(found.into_iter().collect())
    }

    fn changes_unseen(
        &self,
        key: &StockKey,
        synced_to: u64,
        at: Timestamp,
        except: DeviceId,
    ) -> Result<Vec<EventId>, Infallible> {
        let asked = (key.clone(), synced_to, at, except);
        let mut found: BTreeSet<EventId> = match self.known.unseen.get(&asked) {
            Some(unseen) => unseen.iter().copied().collect(),
            None => self.ask(|questions| questions.unseen.insert(asked)),
        };
        let unseen = self
            .draft
            .changes_at(key)
            .filter(|change| change.at < at && change.device != except && change.stream_seq > synced_to);
        found.extend(unseen.map(|change| change.event));
        Ok(found.into_iter().collect())
    }

    fn taken_since(&self, target: &HoldTarget, at: Timestamp) -> Result<Vec<EventId>, Infallible> {
        let asked = (target.clone(), at);
        let mut found: BTreeSet<EventId> = match self.known.taken.get(&asked) {
            Some(taken) => taken.iter().copied().collect(),
            None => self.ask(|questions| questions.taken.insert(asked)),
        };
        let sales = self.draft.changes.iter().filter(|change| change.kind == ChangeKind::Sale);
        let taken =
            sales.filter(|change| change.delta < 0 && change.at >= at && Self::covers(target, change));
        found.extend(taken.map(|change| change.event));
        Ok(found.into_iter().collect())
    }
}
