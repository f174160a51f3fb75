//! Looks at an event before it is applied and says what will not add up.

use super::{Discrepancy, Effect, Facts, Mismatch, SKEW_MS_MAX, Stage, effects, good_to};
use crate::domain::{
    Body, Event, EventId, HoldState, LocationKind, LotFacts, LotKey, OrderId, Place, Quantity, StockKey,
};
use std::collections::{BTreeMap, BTreeSet};

/// What does not add up when this event is applied to those facts, in a fixed order.
///
/// # Errors
/// Those of the facts' queries.
pub fn inspect<F: Facts>(event: &Event, facts: &F) -> Result<Vec<Discrepancy>, F::Error> {
    let mut inspector = Inspector { event, facts, found: Vec::new(), reported: BTreeSet::new() };
    let effects = effects(event);
    inspector.balances(&effects)?;
    inspector.labels(&effects)?;
    inspector.taken()?;
    inspector.hold()?;
    inspector.order(&effects)?;
    inspector.undo()?;
    inspector.loss();
    inspector.clock();
    Ok(inspector.found)
}

struct Inspector<'a, F> {
    event: &'a Event,
    facts: &'a F,
    found: Vec<Discrepancy>,
    reported: BTreeSet<String>,
}

impl<F: Facts> Inspector<'_, F> {
    /// An event that says the same odd thing twice is reported once.
    fn report(&mut self, others: Vec<EventId>, what: Mismatch) {
        let new = Discrepancy { event: self.event.id, others, what };
        if self.reported.insert(new.identity()) {
            self.found.push(new);
        }
    }

    fn standing(&self, events: Vec<EventId>) -> Result<Vec<EventId>, F::Error> {
        let mut standing = Vec::new();
        for id in events {
            if self.facts.undone_by(id)?.is_none() {
                standing.push(id);
            }
        }
        Ok(standing)
    }

    fn balances(&mut self, effects: &[Effect<'_>]) -> Result<(), F::Error> {
        let mut deltas = BTreeMap::<&StockKey, Quantity>::new();
        for effect in effects {
            if let Effect::Stock { key, delta } = effect
                && !key.place.location.is_virtual()
            {
                *deltas.entry(key).or_default() += *delta;
            }
        }
        for (key, delta) in deltas.into_iter().filter(|(_, delta)| !delta.is_zero()) {
            if delta.is_negative() {
                let balance = self.facts.balance(key)? + delta;
                if balance.is_negative() {
                    let others = self.facts.last_taker(key)?.into_iter().collect();
                    self.report(others, Mismatch::NegativeBalance { key: key.clone(), balance });
                }
            }
            if !matches!(self.event.body, Body::Count(_)) {
                let at = self.event.corrected_at();
                let counts = self.standing(self.facts.counts_after(key, at, self.event.device)?)?;
                self.overtaken(key, counts);
            }
        }
        if let Body::Count(count) = &self.event.body {
            let (at, device) = (self.event.corrected_at(), self.event.device);
            for line in &count.lines {
                let unseen = self.facts.changes_unseen(&line.key, count.synced_to, at, device)?;
                let unseen = self.standing(unseen)?;
                self.overtaken(&line.key, unseen);
            }
        }
        Ok(())
    }

    fn overtaken(&mut self, key: &StockKey, others: Vec<EventId>) {
        if !others.is_empty() {
            self.report(others, Mismatch::CountOvertaken { key: key.clone() });
        }
    }

    fn labels(&mut self, effects: &[Effect<'_>]) -> Result<(), F::Error> {
        for effect in effects {
            let Effect::Lot { facts: said, .. } = effect else { continue };
            let key = LotKey { item: said.item, lot: Some(said.lot.clone()) };
            if let Some(known) = self.facts.lot(&key)?
                && dates_differ(&known.facts, said)
            {
                let what = Mismatch::LotDatesDiffer { known: known.facts, said: (*said).clone() };
                self.report(vec![known.event], what);
            }
        }
        Ok(())
    }

    /// A held lot may be moved into quarantine and disposed of; expired stock may be moved anywhere, but not sold.
    fn taken(&mut self) -> Result<(), F::Error> {
        let (lines, sells) = match &self.event.body {
            Body::Pick(pick) => (&pick.lines, true),
            Body::Dispatch(dispatch) => (&dispatch.lines, true),
            Body::Move(moved) => (&moved.lines, false),
            _ => return Ok(()),
        };
        let mut seen = BTreeSet::<(LotKey, &Place)>::new();
        for line in lines {
            if !seen.insert((line.lot_key(), &line.from)) {
                continue;
            }
            if sells || self.facts.location_kind(line.to.location)? != Some(LocationKind::Quarantine) {
                self.held(line.lot_key(), &line.from)?;
            }
            if sells {
                self.expired(line.lot_key())?;
            }
        }
        Ok(())
    }

    fn held(&mut self, lot: LotKey, place: &Place) -> Result<(), F::Error> {
        let mut holds = self.facts.holds_on(&lot, place)?;
        holds.retain(|hold| hold.at <= self.event.corrected_at());
        if let Some(kind) = holds.iter().map(|state| state.hold.kind).max() {
            let others = holds.iter().map(|HoldState { id, .. }| *id).collect();
            let what = Mismatch::TakenWhileHeld { lot: Some(lot), place: Some(place.clone()), kind };
            self.report(others, what);
        }
        Ok(())
    }

    fn expired(&mut self, lot: LotKey) -> Result<(), F::Error> {
        let Some(known) = self.facts.lot(&lot)? else { return Ok(()) };
        let today = self.facts.zone().day(self.event.corrected_at());
        if let Some(good_to) = good_to(known.facts.expiry, known.facts.best_before)
            && good_to < today
        {
            self.report(Vec::new(), Mismatch::TakenExpired { lot, good_to });
        }
        Ok(())
    }

    /// The hold reaches the ledger after what it should have stopped.
    fn hold(&mut self) -> Result<(), F::Error> {
        let Body::Hold(hold) = &self.event.body else { return Ok(()) };
        let taken = self.facts.taken_since(&hold.target, self.event.corrected_at())?;
        let taken = self.standing(taken)?;
        if !taken.is_empty() {
            self.report(taken, Mismatch::TakenWhileHeld { lot: None, place: None, kind: hold.kind });
        }
        Ok(())
    }

    fn order(&mut self, effects: &[Effect<'_>]) -> Result<(), F::Error> {
        let order = match &self.event.body {
            Body::Pick(pick) => pick.order,
            Body::Dispatch(dispatch) => dispatch.order,
            _ => return Ok(()),
        };
        let Some(known) = self.facts.order(order)? else { return Ok(()) };
        if known.closed {
            self.report(Vec::new(), Mismatch::OrderClosed { order });
        }
        let mut dispatched = dispatched_by(effects, order);
        if dispatched.is_empty() {
            return Ok(());
        }
        for progress in self.facts.progress(order)? {
            if let Some(sum) = dispatched.get_mut(&progress.line) {
                *sum += Quantity::balance(progress.dispatched);
            }
        }
        for (line, dispatched) in dispatched {
            let lines = known.order.lines.iter().filter(|ordered| ordered.line == line);
            let ordered = lines.map(|ordered| ordered.quantity).sum();
            if dispatched > ordered {
                self.report(Vec::new(), Mismatch::DispatchedAboveOrder { order, line, ordered, dispatched });
            }
        }
        Ok(())
    }

    fn undo(&mut self) -> Result<(), F::Error> {
        let Body::Undo(undo) = &self.event.body else { return Ok(()) };
        if let Some(by) = self.facts.undone_by(undo.event)? {
            self.report(vec![by], Mismatch::UndoneTwice { undone: undo.event });
        } else if self.facts.event(undo.event)?.is_none() {
            self.report(Vec::new(), Mismatch::UndoneUnknown { undone: undo.event });
        }
        Ok(())
    }

    fn loss(&mut self) {
        if let Body::Loss(loss) = &self.event.body
            && !loss.lost.is_empty()
        {
            let (device, epoch, lost) = (self.event.device, loss.epoch, loss.lost.clone());
            self.report(Vec::new(), Mismatch::EventsLost { device, epoch, lost });
        }
    }

    fn clock(&mut self) {
        let Some(skew_ms) = self.event.skew_ms else { return };
        if skew_ms.unsigned_abs() > SKEW_MS_MAX {
            let day = self.facts.zone().day(self.event.corrected_at());
            self.report(Vec::new(), Mismatch::ClockSkew { device: self.event.device, day, skew_ms });
        }
    }
}

fn dispatched_by(effects: &[Effect<'_>], of: OrderId) -> BTreeMap<u32, Quantity> {
    let mut sums = BTreeMap::new();
    for effect in effects {
        if let Effect::Progress { order, line, stage: Stage::Dispatched, quantity, .. } = effect
            && *order == of
        {
            *sums.entry(*line).or_default() += *quantity;
        }
    }
    sums
}

/// True where two labels give a lot different dates; one that does not name a date does not contradict one that does.
#[must_use]
pub fn dates_differ(known: &LotFacts, said: &LotFacts) -> bool {
    [(known.expiry, said.expiry), (known.best_before, said.best_before), (known.produced, said.produced)]
        .into_iter()
        .any(|pair| matches!(pair, (Some(known), Some(said)) if known != said))
}
