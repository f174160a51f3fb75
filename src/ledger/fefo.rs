//! Allocation: which stock fills a demand, what was passed over and why, and what is missing.
//!
//! Candidates are taken in first-expiry order and only as many as are needed, so that a store may hand them over
//! lazily. `allocated + short = demanded` always; a broken pack never changes the order of lots.

use super::{Candidate, days_left};
use crate::domain::{Day, HoldKind, ItemId, LocationKind, LotNumber, Quantity, StockKey, days_between};
use std::collections::BTreeMap;
use std::ops::ControlFlow;

/// What is wanted.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Demand {
    /// The item.
    pub item: ItemId,
    /// Base units; nothing is allocated for zero or less.
    pub quantity: Quantity,
    /// The only lot that will do.
    pub lot: Option<LotNumber>,
    /// Days of shelf life that must be left today: the larger of the item's and the customer's.
    pub days_needed: i64,
    /// The site's calendar day.
    pub today: Day,
}

/// Why a candidate cannot be taken.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Skip {
    /// It is past its date.
    Expired {
        /// Its last good day.
        on: Day,
    },
    /// A supervisor stopped it.
    OnHold {
        /// What kind of stop; never [`HoldKind::Recall`].
        kind: HoldKind,
    },
    /// It must come back.
    Recalled,
    /// It is good, but not for long enough.
    ShelfLifeTooShort {
        /// Days left today.
        days_left: i64,
        /// Days that item or customer ask for.
        days_needed: i64,
    },
    /// Nobody picks from there.
    NotPickable {
        /// What the location is for.
        kind: LocationKind,
    },
    /// The order asks for another lot.
    OtherLotDemanded,
    /// All of it goes to an earlier line of the same allocation.
    ReservedElsewhere {
        /// That line.
        line: u32,
    },
}

/// Part of a demand, from one place.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Take {
    /// From here.
    pub candidate: Candidate,
    /// So many base units, above zero and at most what is there.
    pub quantity: Quantity,
}

/// A candidate that was passed over.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Skipped {
    /// Which.
    pub candidate: Candidate,
    /// Why.
    pub why: Skip,
}

/// How a demand is filled.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Allocation {
    /// Take these, in this order.
    pub picks: Vec<Take>,
    /// These would have been first.
    pub skipped: Vec<Skipped>,
    /// Base units that nobody has.
    pub short: Quantity,
}

impl Allocation {
    /// Base units allocated.
    #[must_use]
    pub fn allocated(&self) -> Quantity {
        self.picks.iter().map(|take| take.quantity).sum()
    }
}

/// Why pickers cannot fill the demand with this candidate; `None` where they can. The gravest reason counts.
#[must_use]
pub fn skip(candidate: &Candidate, demand: &Demand) -> Option<Skip> {
    let kind = candidate.kind;
    unfit(candidate, demand).or_else(|| (!kind.is_pickable()).then_some(Skip::NotPickable { kind }))
}

/// Why this candidate cannot go to whoever demands it, wherever it is; `None` where it can.
#[must_use]
pub fn unfit(candidate: &Candidate, demand: &Demand) -> Option<Skip> {
    match candidate.hold {
        Some(HoldKind::Recall) => return Some(Skip::Recalled),
        Some(kind) => return Some(Skip::OnHold { kind }),
        None => {}
    }
    if let (Some(on), Some(left)) = (candidate.good_to(), days_left(candidate.good_to(), demand.today)) {
        if left < 0 {
            return Some(Skip::Expired { on });
        }
        if left < demand.days_needed {
            return Some(Skip::ShelfLifeTooShort { days_left: left, days_needed: demand.days_needed });
        }
    }
    (demand.lot.is_some() && candidate.key.lot != demand.lot).then_some(Skip::OtherLotDemanded)
}

/// What earlier lines of the same allocation have taken, and which line took the last of it.
#[derive(Debug, Clone, Default)]
struct Reserved(BTreeMap<StockKey, (Quantity, u32)>);

impl Reserved {
    fn key(candidate: &Candidate) -> StockKey {
        StockKey {
            item: candidate.key.item,
            lot: candidate.key.lot.clone(),
            serial: candidate.serial.clone(),
            place: candidate.place.clone(),
        }
    }

    fn of(&self, candidate: &Candidate) -> Option<(Quantity, u32)> {
        if self.0.is_empty() {
            return None;
        }
        self.0.get(&Self::key(candidate)).copied()
    }

    fn add(&mut self, line: u32, take: &Take) {
        let entry = self.0.entry(Self::key(&take.candidate)).or_insert((Quantity::ZERO, line));
        *entry = (entry.0 + take.quantity, line);
    }
}

/// Fills one demand, candidate by candidate, for stores that hand rows to a visitor.
#[derive(Debug)]
pub struct Allocator<'a> {
    demand: &'a Demand,
    reserved: Option<&'a Reserved>,
    open: Quantity,
    result: Allocation,
}

impl<'a> Allocator<'a> {
    /// Begins.
    #[must_use]
    pub fn new(demand: &'a Demand) -> Self {
        Self { demand, reserved: None, open: demand.quantity, result: Allocation::default() }
    }

    /// Takes what is needed of the next candidate in first-expiry order; breaks once the demand is filled.
    ///
    /// Other items and empty balances are no candidates and leave no trace.
    pub fn offer(&mut self, candidate: Candidate) -> ControlFlow<()> {
        if !self.open.is_positive() {
            return ControlFlow::Break(());
        }
        if candidate.key.item == self.demand.item && candidate.quantity.is_positive() {
            match skip(&candidate, self.demand) {
                Some(why) => self.result.skipped.push(Skipped { candidate, why }),
                None => self.take(candidate),
            }
        }
        if self.open.is_positive() { ControlFlow::Continue(()) } else { ControlFlow::Break(()) }
    }

    fn take(&mut self, candidate: Candidate) {
        let (taken, line) = self.reserved.and_then(|all| all.of(&candidate)).unwrap_or_default();
        let free = candidate.quantity - taken;
        if !free.is_positive() {
            self.result.skipped.push(Skipped { candidate, why: Skip::ReservedElsewhere { line } });
            return;
        }
        let quantity = free.min(self.open);
        self.open = self.open - quantity;
        self.result.picks.push(Take { candidate, quantity });
    }

    /// Ends; what is still open is short.
    #[must_use]
    pub fn finish(mut self) -> Allocation {
        self.result.short = self.open;
        self.result
    }
}

/// Fills a demand from candidates in first-expiry order and stops as soon as it is filled.
#[must_use]
pub fn allocate(candidates: impl IntoIterator<Item = Candidate>, demand: &Demand) -> Allocation {
    let mut allocator = Allocator::new(demand);
    if demand.quantity.is_positive() {
        let _ = candidates.into_iter().try_for_each(|candidate| allocator.offer(candidate));
    }
    allocator.finish()
}

/// Fills an order's lines, each named by its number, from shared stock: what one line gets the next does not.
///
/// `each` hands an item's candidates, in first-expiry order, to the visitor until that breaks.
///
/// # Errors
/// Whatever `each` fails with.
pub fn allocate_order<E>(
    lines: &[(u32, Demand)],
    mut each: impl FnMut(ItemId, &mut dyn FnMut(Candidate) -> ControlFlow<()>) -> Result<(), E>,
) -> Result<Vec<(u32, Allocation)>, E> {
    let mut reserved = Reserved::default();
    let mut result = Vec::with_capacity(lines.len());
    for (line, demand) in lines {
        let mut allocator = Allocator::new(demand);
        allocator.reserved = Some(&reserved);
        if demand.quantity.is_positive() {
            each(demand.item, &mut |candidate| allocator.offer(candidate))?;
        }
        let allocation = allocator.finish();
        for take in &allocation.picks {
            reserved.add(*line, take);
        }
        result.push((*line, allocation));
    }
    Ok(result)
}

/// Days between the first lot's last good day and the taken one's; 0 where either has no date.
#[must_use]
pub fn days_lost(first: &Candidate, taken: &Candidate) -> i64 {
    match (first.good_to(), taken.good_to()) {
        (Some(first), Some(taken)) => days_between(first, taken),
        _ => 0,
    }
}

#[cfg(test)]
#[path = "fefo_tests.rs"]
mod tests;
