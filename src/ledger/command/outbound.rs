//! Pick, short, dispatch and close: the scan decides which lot is taken.

use super::{Refusal, check_lines, check_quantity};
use crate::domain::{
    Body, CloseOrder, Day, Dispatch, FefoOverride, FefoPolicy, HuCode, Item, ItemId, LocationId, Movement,
    Order, OrderLine, Party, Pick, Place, Quantity, Reason, Short,
};
use crate::ledger::fefo::{days_lost, unfit};
use crate::ledger::{Candidate, Demand, Skip, Take};

/// What the rules say to the lot under the scanner.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Verdict {
    /// Take it. Where it was not the first one and the site allows that, the override goes into the event.
    Accepted(Option<FefoOverride>),
    /// Another lot is first: take that one, or say why not.
    Question(Judged),
    /// It must not be taken.
    Stop(Stop),
}

/// The lot that is first.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Judged {
    /// It.
    pub first: Candidate,
    /// Days between its last good day and the scanned one's.
    pub days_lost: i64,
}

impl Judged {
    /// What goes into the event when the other lot is taken; `None` where the first stock has no lot number.
    #[must_use]
    pub fn overridden(&self, reason: Option<Reason>) -> Option<FefoOverride> {
        let first = self.first.key.lot.clone()?;
        Some(FefoOverride { first, days_lost: self.days_lost, reason })
    }
}

/// Why a scanned lot must not be taken.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Stop {
    /// The line asks for another item.
    WrongItem {
        /// The item it asks for.
        wanted: ItemId,
    },
    /// Expired, stopped, recalled, too short for the customer, another lot demanded, or not for picking.
    Unfit(Skip),
    /// Another lot is first, and the site allows no exception.
    NotFirst(Judged),
}

/// Judges the scanned stock against the best candidate at this moment.
///
/// The same dates are as good as the same lot. Stock without any date is never later than other stock without one.
#[must_use]
pub fn judge(scanned: &Candidate, demand: &Demand, best: Option<&Candidate>, policy: FefoPolicy) -> Verdict {
    if scanned.key.item != demand.item {
        return Verdict::Stop(Stop::WrongItem { wanted: demand.item });
    }
    if let Some(why) = unfit(scanned, demand) {
        return Verdict::Stop(Stop::Unfit(why));
    }
    let Some(first) = best.filter(|first| first.key != scanned.key && first.dates() < scanned.dates()) else {
        return Verdict::Accepted(None);
    };
    let judged = Judged { first: first.clone(), days_lost: days_lost(first, scanned) };
    match policy {
        FefoPolicy::Allow => Verdict::Accepted(judged.overridden(None)),
        FefoPolicy::AskReason => Verdict::Question(judged),
        FefoPolicy::Stop => Verdict::Stop(Stop::NotFirst(judged)),
    }
}

/// Takes stock, of one lot from one or several places, for an order line of which `open` base units are still to pick.
///
/// # Errors
/// See [`Refusal`]. More than the line lacks is never picked; more than is believed there only when `confirmed`.
pub fn pick(
    order: &Order,
    line: &OrderLine,
    open: Quantity,
    takes: &[Take],
    to: &Place,
    fefo: Option<FefoOverride>,
    confirmed: bool,
) -> Result<Body, Refusal> {
    check_lines(takes.len())?;
    let wanted: Quantity = takes.iter().map(|take| take.quantity).sum();
    let mut lines = Vec::with_capacity(takes.len());
    for Take { candidate, quantity } in takes {
        check_quantity(*quantity, candidate.serial.is_some())?;
        if candidate.key.item != line.item {
            return Err(Refusal::OtherItem { wanted: line.item });
        }
        if wanted > open {
            return Err(Refusal::AboveOpen { open, wanted });
        }
        if *quantity > candidate.quantity && !confirmed {
            return Err(Refusal::AboveThere { there: candidate.quantity, wanted: *quantity });
        }
        lines.push(movement(candidate, *quantity, to.clone(), line.line));
    }
    Ok(Body::Pick(Pick { order: order.id, lines, fefo }))
}

/// A handling unit of which everything is picked goes along: it stands in staging as it stood on the shelf.
#[must_use]
pub fn keep_whole(mut body: Body, whole: &[HuCode]) -> Body {
    if let Body::Pick(pick) = &mut body {
        for line in &mut pick.lines {
            line.to.hu = line.from.hu.clone().filter(|code| whole.contains(code));
        }
    }
    body
}

fn movement(candidate: &Candidate, quantity: Quantity, to: Place, line: u32) -> Movement {
    Movement {
        item: candidate.key.item,
        lot: candidate.key.lot.clone(),
        serial: candidate.serial.clone(),
        quantity,
        from: candidate.place.clone(),
        to,
        line: Some(line),
    }
}

/// Gives up so many of the `open` base units of a line.
///
/// # Errors
/// Zero, and more than is open.
pub fn short(
    order: &Order,
    line: &OrderLine,
    open: Quantity,
    quantity: Quantity,
    reason: Reason,
) -> Result<Body, Refusal> {
    check_quantity(quantity, false)?;
    if quantity > open {
        return Err(Refusal::AboveOpen { open, wanted: quantity });
    }
    Ok(Body::Short(Short { order: order.id, line: line.line, item: line.item, quantity, reason }))
}

/// Something scanned onto the truck.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Load {
    /// The stock, where it stands now.
    pub candidate: Candidate,
    /// The order line it was picked for.
    pub line: u32,
    /// Base units picked for that line and not yet dispatched.
    pub open: Quantity,
    /// Base units that go on the truck.
    pub quantity: Quantity,
    /// Days of shelf life the customer asks for.
    pub demand: Demand,
}

/// Dispatches what was picked: each lot stands against its order line and the customer.
///
/// # Errors
/// See [`Refusal`]: what was not picked for the order does not go, nor does what has been stopped or has expired since.
pub fn dispatch(order: &Order, closed: bool, loads: &[Load]) -> Result<Body, Refusal> {
    check_lines(loads.len())?;
    if closed {
        return Err(Refusal::OrderClosed);
    }
    let mut lines = Vec::with_capacity(loads.len());
    for load in loads {
        check_quantity(load.quantity, load.candidate.serial.is_some())?;
        if let Some(why) = unfit(&load.candidate, &load.demand) {
            return Err(Refusal::Unfit(why));
        }
        if load.quantity > load.open {
            return Err(Refusal::AboveOpen { open: load.open, wanted: load.quantity });
        }
        let customer = Place::at(LocationId::CUSTOMER);
        lines.push(movement(&load.candidate, load.quantity, customer, load.line));
    }
    Ok(Body::Dispatch(Dispatch { order: order.id, customer: order.party, lines }))
}

/// Closes an order.
///
/// # Errors
/// Where it is closed already.
pub fn close_order(order: &Order, closed: bool) -> Result<Body, Refusal> {
    if closed { Err(Refusal::OrderClosed) } else { Ok(Body::CloseOrder(CloseOrder { order: order.id })) }
}

impl Demand {
    /// What a customer's order line still lacks: the larger of the item's and the customer's shelf life counts.
    #[must_use]
    pub fn of_line(line: &OrderLine, open: Quantity, item: &Item, customer: &Party, today: Day) -> Self {
        let days_needed = i64::from(item.days_on_dispatch.max(customer.days_on_dispatch));
        Self { item: line.item, quantity: open, lot: line.lot.clone(), days_needed, today }
    }
}

#[cfg(test)]
#[path = "outbound_tests.rs"]
mod tests;
