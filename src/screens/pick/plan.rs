//! The walk over an order's lines: which lot from which place, first expiry first, in walk order.

use crate::domain::{
    Day, Item, ItemId, LocationId, LotKey, Order, OrderLine, Party, Progress, Quantity, Reason,
};
use crate::domain::{FefoOverride, FefoPolicy};
use crate::ledger::command::{Verdict, judge};
use crate::ledger::{Candidate, Demand, Skip, Skipped, Take, allocate_order};
use crate::store::{Store, StoreError};
use std::collections::BTreeMap;
use std::ops::ControlFlow;

/// Passed-over lots that a stop names.
pub(super) const SKIPPED_ROWS: usize = 3;

/// A line that still lacks something.
#[derive(Debug, Clone)]
pub(super) struct Line {
    pub line: OrderLine,
    pub demand: Demand,
}

/// One stop of the walk: one lot at one place for one line.
#[derive(Debug, Clone)]
pub(super) struct Stop {
    pub line: u32,
    pub item: ItemId,
    /// Loose stock, pallets or units of that lot there; empty where no stock is known.
    pub takes: Vec<Take>,
    pub quantity: Quantity,
    /// Earlier lots of the line that were passed over for a reason that a picker wants to know.
    pub skipped: Vec<Skipped>,
}

impl Stop {
    pub fn candidate(&self) -> Option<&Candidate> {
        self.takes.first().map(|take| &take.candidate)
    }

    pub fn location(&self) -> Option<LocationId> {
        self.candidate().map(|candidate| candidate.place.location)
    }

    pub fn lot(&self) -> Option<&LotKey> {
        self.candidate().map(|candidate| &candidate.key)
    }

    /// Its turn on the walk; what has no stock comes last.
    fn turn(&self) -> (bool, i64, Option<LocationId>, u32) {
        let walk = self.candidate().map_or(0, |candidate| candidate.walk);
        (self.takes.is_empty(), walk, self.location(), self.line)
    }
}

/// A lot that the picker left out at one place, and why.
#[derive(Debug, Clone)]
pub(super) struct Passed {
    pub candidate: Candidate,
    pub reason: Reason,
}

/// What is still to be picked for an order.
#[derive(Debug, Default)]
pub(super) struct Plan {
    pub lines: Vec<Line>,
    pub stops: Vec<Stop>,
    pub items: BTreeMap<ItemId, Item>,
    pub passed: Vec<Passed>,
    /// Lines that lack nothing more, and all lines.
    pub done: usize,
    pub all: usize,
}

impl Plan {
    /// Plans the whole order anew.
    pub fn read(
        &mut self,
        store: &Store,
        order: &Order,
        customer: &Party,
        today: Day,
    ) -> Result<(), StoreError> {
        self.read_lines(store, order, customer, today)?;
        self.stops.clear();
        let wanted: Vec<(u32, Demand)> =
            self.lines.iter().map(|line| (line.line.line, line.demand.clone())).collect();
        self.allocate(store, &wanted)
    }

    /// Plans the lines of one item anew, after some of it was picked.
    pub fn read_item(
        &mut self,
        store: &Store,
        order: &Order,
        customer: &Party,
        today: Day,
        item: ItemId,
    ) -> Result<(), StoreError> {
        self.read_lines(store, order, customer, today)?;
        self.stops.retain(|stop| stop.item != item);
        let lines = self.lines.iter().filter(|line| line.line.item == item);
        let wanted: Vec<(u32, Demand)> = lines.map(|line| (line.line.line, line.demand.clone())).collect();
        self.allocate(store, &wanted)
    }

    fn read_lines(
        &mut self,
        store: &Store,
        order: &Order,
        customer: &Party,
        today: Day,
    ) -> Result<(), StoreError> {
        let progress = store.progress(order.id)?;
        self.lines.clear();
        self.all = order.lines.len();
        for line in &order.lines {
            let open = open_of(line, &progress);
            if !open.is_positive() {
                continue;
            }
            if !self.items.contains_key(&line.item)
                && let Some(item) = store.item(line.item)?
            {
                self.items.insert(line.item, item);
            }
            if let Some(item) = self.items.get(&line.item) {
                let demand = Demand::of_line(line, open, item, customer, today);
                self.lines.push(Line { line: line.clone(), demand });
            }
        }
        self.done = self.all - self.lines.len();
        Ok(())
    }

    fn allocate(&mut self, store: &Store, wanted: &[(u32, Demand)]) -> Result<(), StoreError> {
        let passed = &self.passed;
        let filled = allocate_order(wanted, |item, visit| {
            store.for_each_candidate(item, |candidate| {
                if passed.iter().any(|passed| is_same(&passed.candidate, &candidate)) {
                    return ControlFlow::Continue(());
                }
                visit(candidate)
            })
        })?;
        for ((line, allocation), (_, demand)) in filled.into_iter().zip(wanted) {
            let mut skipped = allocation.skipped;
            skipped.retain(|skipped| is_news(skipped.why));
            skipped.dedup_by(|a, b| a.candidate.key == b.candidate.key && a.why == b.why);
            skipped.truncate(SKIPPED_ROWS);
            let stop = |takes: Vec<Take>, quantity| Stop {
                line,
                item: demand.item,
                takes,
                quantity,
                skipped: skipped.clone(),
            };
            let first = self.stops.len();
            for take in allocation.picks {
                let own = self.stops.get_mut(first..).unwrap_or_default();
                let same =
                    own.iter_mut().find(|stop| stop.candidate().is_some_and(|c| is_same(c, &take.candidate)));
                match same {
                    Some(stop) => {
                        stop.quantity += take.quantity;
                        stop.takes.push(take);
                    }
                    None => self.stops.push(stop(vec![take.clone()], take.quantity)),
                }
            }
            if allocation.short.is_positive() {
                self.stops.push(stop(Vec::new(), allocation.short));
            }
        }
        self.stops.sort_by_key(Stop::turn);
        Ok(())
    }

    pub fn line(&self, number: u32) -> Option<&Line> {
        self.lines.iter().find(|line| line.line.line == number)
    }

    /// The best lot for a line at this moment.
    pub fn best(&self, line: u32) -> Option<&Candidate> {
        self.stops.iter().filter(|stop| stop.line == line).filter_map(Stop::candidate).min()
    }

    /// What the walk takes of a lot for a line, wherever it is.
    pub fn quantity_of(&self, line: u32, lot: &LotKey) -> Quantity {
        let own = self.stops.iter().filter(|stop| stop.line == line && stop.lot() == Some(lot));
        own.map(|stop| stop.quantity).sum()
    }

    /// The stop after `from` on the walk; the first one again after the last.
    pub fn next(&self, from: Option<&Stop>) -> usize {
        let Some(from) = from else { return 0 };
        let (_, walk, location, _) = from.turn();
        let after = |stop: &Stop| {
            let (none, turn, place, _) = stop.turn();
            none || (turn, place) >= (walk, location)
        };
        self.stops.iter().position(after).unwrap_or(0)
    }

    /// The same stop after planning anew.
    pub fn again(&self, stop: &Stop) -> Option<usize> {
        self.stops.iter().position(|other| {
            other.line == stop.line && other.lot() == stop.lot() && other.location() == stop.location()
        })
    }

    /// What the event says where an earlier lot was left out for a reason.
    pub fn passed_for(&self, scanned: &Candidate, demand: &Demand) -> Option<FefoOverride> {
        self.passed.iter().filter(|passed| passed.candidate.key.item == scanned.key.item).find_map(|passed| {
            match judge(scanned, demand, Some(&passed.candidate), FefoPolicy::Allow) {
                Verdict::Accepted(Some(fefo)) => Some(FefoOverride { reason: Some(passed.reason), ..fefo }),
                _ => None,
            }
        })
    }
}

/// The same lot at the same place.
fn is_same(a: &Candidate, b: &Candidate) -> bool {
    a.key == b.key && a.place.location == b.place.location
}

/// Nobody wonders why stock at the dock or of another demanded lot is passed over.
fn is_news(why: Skip) -> bool {
    matches!(
        why,
        Skip::Expired { .. } | Skip::OnHold { .. } | Skip::Recalled | Skip::ShelfLifeTooShort { .. }
    )
}

/// True where every line is picked or given up.
pub(in super::super) fn is_picked(store: &Store, order: &Order) -> Result<bool, StoreError> {
    let progress = store.progress(order.id)?;
    Ok(order.lines.iter().all(|line| !open_of(line, &progress).is_positive()))
}

fn open_of(line: &OrderLine, progress: &[Progress]) -> Quantity {
    let rows = progress.iter().filter(|row| row.line == line.line);
    let done = rows.map(|row| row.picked.saturating_add(row.short)).fold(0_i64, i64::saturating_add);
    line.quantity - Quantity::balance(done)
}
