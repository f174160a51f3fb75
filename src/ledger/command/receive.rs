//! Goods-in: what came, against which order line, and what speaks against taking it.

use super::{Refusal, check_lines, check_quantity};
use crate::domain::{
    Body, Day, HoldKind, Item, LocationId, LocationKind, LotFacts, LotNumber, Movement, Order, OrderLine,
    PartyId, Place, Progress, Quantity, Reason, Receipt, SerialNumber,
};
use crate::ledger::{dates_differ, days_left, good_to};

/// What came, as its label says.
#[derive(Debug, Clone)]
pub struct Arrival<'a> {
    /// The item.
    pub item: &'a Item,
    /// The lot and its dates.
    pub lot: Option<LotFacts>,
    /// The unit.
    pub serial: Option<SerialNumber>,
    /// Base units.
    pub quantity: Quantity,
    /// Where it stands now.
    pub to: Place,
    /// What that place is for.
    pub kind: LocationKind,
    /// An open stop on the lot; stopped goods are received into quarantine only.
    pub hold: Option<HoldKind>,
    /// What other labels said of the lot.
    pub known: Option<&'a LotFacts>,
}

/// The papers it came with.
#[derive(Debug, Clone, Copy, Default)]
pub struct Inbound<'a> {
    /// The order; `None` for a blind receipt.
    pub order: Option<&'a Order>,
    /// True once that order is closed.
    pub closed: bool,
    /// What came for it before.
    pub progress: &'a [Progress],
    /// Who sent it; the order's party where absent.
    pub supplier: Option<PartyId>,
}

/// Books an arrival. A reason takes it although its dates or the order speak against it.
///
/// # Errors
/// See [`Refusal`]; no reason helps where a lot or serial number is missing or the lot is stopped.
pub fn receive(
    arrivals: &[Arrival<'_>],
    inbound: &Inbound<'_>,
    today: Day,
    reason: Option<Reason>,
) -> Result<Body, Refusal> {
    check_lines(arrivals.len())?;
    if inbound.closed {
        return Err(Refusal::OrderClosed);
    }
    let mut lots = Vec::new();
    let mut lines = Vec::with_capacity(arrivals.len());
    for arrival in arrivals {
        check_quantity(arrival.quantity, arrival.serial.is_some())?;
        check_tracking(arrival)?;
        check_hold(arrival)?;
        if reason.is_none() {
            check_lot(arrival, today)?;
            check_ordered(arrival, arrivals, inbound)?;
        }
        if let Some(facts) = &arrival.lot
            && !lots.contains(facts)
        {
            lots.push(facts.clone());
        }
        let lot = arrival.lot.as_ref().map(|facts| &facts.lot);
        lines.push(Movement {
            item: arrival.item.id,
            lot: lot.cloned(),
            serial: arrival.serial.clone(),
            quantity: arrival.quantity,
            from: Place::at(LocationId::SUPPLIER),
            to: arrival.to.clone(),
            line: inbound.order.and_then(|order| inbound_line(order, inbound.progress, arrival.item, lot)),
        });
    }
    let supplier = inbound.supplier.or(inbound.order.map(|order| order.party));
    Ok(Body::Receipt(Receipt { order: inbound.order.map(|order| order.id), supplier, lots, lines, reason }))
}

fn check_tracking(arrival: &Arrival<'_>) -> Result<(), Refusal> {
    let tracking = arrival.item.tracking;
    if tracking.needs_lot() && arrival.lot.is_none() {
        return Err(Refusal::LotMissing);
    }
    if tracking.needs_serial() && arrival.serial.is_none() {
        return Err(Refusal::SerialMissing);
    }
    Ok(())
}

fn check_hold(arrival: &Arrival<'_>) -> Result<(), Refusal> {
    match arrival.hold {
        Some(kind) if arrival.kind != LocationKind::Quarantine => Err(Refusal::OnHold { kind }),
        _ => Ok(()),
    }
}

fn check_lot(arrival: &Arrival<'_>, today: Day) -> Result<(), Refusal> {
    let Some(said) = &arrival.lot else { return Ok(()) };
    if let Some(known) = arrival.known
        && dates_differ(known, said)
    {
        return Err(Refusal::DatesDiffer { known: Box::new(known.clone()) });
    }
    let expiry = said.expiry.or(arrival.known.and_then(|known| known.expiry));
    let best_before = said.best_before.or(arrival.known.and_then(|known| known.best_before));
    let days_needed = i64::from(arrival.item.days_on_receipt);
    if let (Some(good_to), Some(left)) =
        (good_to(expiry, best_before), days_left(good_to(expiry, best_before), today))
        && left < days_needed
    {
        return Err(Refusal::ShortDated { good_to, days_left: left, days_needed });
    }
    Ok(())
}

fn check_ordered(
    arrival: &Arrival<'_>,
    arrivals: &[Arrival<'_>],
    inbound: &Inbound<'_>,
) -> Result<(), Refusal> {
    let Some(order) = inbound.order else { return Ok(()) };
    let item = arrival.item.id;
    let ordered: Quantity =
        order.lines.iter().filter(|line| line.item == item).map(|line| line.quantity).sum();
    let received =
        inbound.progress.iter().filter(|row| row.lot.item == item).map(|row| Quantity::balance(row.received));
    let received: Quantity = received.sum();
    let wanted: Quantity =
        arrivals.iter().filter(|other| other.item.id == item).map(|other| other.quantity).sum();
    if received + wanted > ordered {
        return Err(Refusal::AboveOrdered { ordered, received, wanted });
    }
    Ok(())
}

/// The order line that goods count against: the announced lot's, else the first line of the item that still lacks some,
/// else the item's last one; `None` for goods that were not ordered.
#[must_use]
pub fn inbound_line(
    order: &Order,
    progress: &[Progress],
    item: &Item,
    lot: Option<&LotNumber>,
) -> Option<u32> {
    let of_item = || order.lines.iter().filter(|line| line.item == item.id);
    let lacks = |line: &&OrderLine| {
        let rows = progress.iter().filter(|row| row.line == line.line && row.lot.item == line.item);
        rows.map(|row| Quantity::balance(row.received)).sum::<Quantity>() < line.quantity
    };
    let announced = || of_item().filter(|line| lot.is_some() && line.lot.as_ref() == lot);
    let open = || of_item().filter(|line| line.lot.is_none());
    let found = announced()
        .find(lacks)
        .or_else(|| announced().next_back())
        .or_else(|| open().find(lacks))
        .or_else(|| of_item().find(lacks))
        .or_else(|| of_item().next_back());
    found.map(|line| line.line)
}

#[cfg(test)]
#[path = "receive_tests.rs"]
mod tests;
