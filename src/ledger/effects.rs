//! Event → effects: total, without looking anything up.

use super::{Effect, Stage};
use crate::domain::{
    Body, Count, Dispatch, Event, EventId, LocationId, LotKey, Movement, OrderId, PartyId, Pick, Place,
    Quantity, Receipt, Return, Short, StockKey, Timestamp,
};

/// What the event changes, in the order in which it says so.
///
/// An undo negates the additive effects of the body it carries. What a label said of a lot stays, and a correction of
/// a correction has no effect: the event is entered again.
#[must_use]
pub fn effects(event: &Event) -> Vec<Effect<'_>> {
    let mut out = Vec::new();
    match &event.body {
        Body::Undo(undo) => {
            let mut taken_back = Vec::new();
            if !matches!(*undo.body, Body::Undo(_)) {
                of_body(&undo.body, event.corrected_at(), &mut taken_back);
            }
            out.extend(taken_back.into_iter().filter_map(|effect| inverse(effect, undo.event)));
            out.push(Effect::Undone { event: undo.event });
        }
        body => of_body(body, event.corrected_at(), &mut out),
    }
    out
}

fn of_body<'a>(body: &'a Body, at: Timestamp, out: &mut Vec<Effect<'a>>) {
    match body {
        Body::Receipt(receipt) => of_receipt(receipt, at, out),
        Body::Move(moved) => of_movements(&moved.lines, out),
        Body::Pick(pick) => of_pick(pick, out),
        Body::Short(short) => out.push(of_short(short)),
        Body::Dispatch(dispatch) => of_dispatch(dispatch, out),
        Body::Count(count) => of_count(count, out),
        Body::Disposal(disposal) => of_movements(&disposal.lines, out),
        Body::Return(returned) => of_return(returned, out),
        Body::Hold(hold) => out.push(Effect::Hold(hold)),
        Body::Release(release) => out.push(Effect::Release { hold: release.hold, target: &release.target }),
        Body::CloseOrder(close) => out.push(Effect::Closed { order: close.order, closed: true }),
        Body::Undo(undo) => out.push(Effect::Undone { event: undo.event }),
        Body::Park(_) | Body::Loss(_) | Body::Settle(_) | Body::Unknown { .. } => {}
    }
}

/// `None` for what an undo does not take back.
fn inverse(effect: Effect<'_>, undone: EventId) -> Option<Effect<'_>> {
    Some(match effect {
        Effect::Stock { key, delta } => Effect::Stock { key, delta: delta.negated() },
        Effect::Origin { lot, supplier, order, quantity } => {
            Effect::Origin { lot, supplier, order, quantity: quantity.negated() }
        }
        Effect::Destination { lot, serial, order, line, customer, quantity } => {
            Effect::Destination { lot, serial, order, line, customer, quantity: quantity.negated() }
        }
        Effect::Progress { order, line, lot, serial, stage, quantity } => {
            Effect::Progress { order, line, lot, serial, stage, quantity: quantity.negated() }
        }
        Effect::Hold(hold) => Effect::Release { hold: undone, target: &hold.target },
        Effect::Closed { order, closed } => Effect::Closed { order, closed: !closed },
        Effect::Lot { .. } | Effect::Release { .. } | Effect::Undone { .. } => return None,
    })
}

fn of_movements(lines: &[Movement], out: &mut Vec<Effect<'_>>) {
    for line in lines {
        out.push(Effect::Stock { key: line.key_at(&line.from), delta: line.quantity.negated() });
        out.push(Effect::Stock { key: line.key_at(&line.to), delta: line.quantity });
    }
}

fn progress<'a>(order: OrderId, line: &Movement, stage: Stage) -> Effect<'a> {
    Effect::Progress {
        order,
        line: line.line.unwrap_or(0),
        lot: line.lot_key(),
        serial: line.serial.clone(),
        stage,
        quantity: line.quantity,
    }
}

fn of_receipt<'a>(receipt: &'a Receipt, at: Timestamp, out: &mut Vec<Effect<'a>>) {
    out.extend(receipt.lots.iter().map(|facts| Effect::Lot { facts, received: at }));
    of_movements(&receipt.lines, out);
    for line in &receipt.lines {
        out.push(Effect::Origin {
            lot: line.lot_key(),
            supplier: receipt.supplier,
            order: receipt.order,
            quantity: line.quantity,
        });
        out.extend(receipt.order.map(|order| progress(order, line, Stage::Received)));
    }
}

fn of_pick(pick: &Pick, out: &mut Vec<Effect<'_>>) {
    of_movements(&pick.lines, out);
    out.extend(pick.lines.iter().map(|line| progress(pick.order, line, Stage::Picked)));
}

fn of_short<'a>(short: &Short) -> Effect<'a> {
    Effect::Progress {
        order: short.order,
        line: short.line,
        lot: LotKey { item: short.item, lot: None },
        serial: None,
        stage: Stage::Short,
        quantity: short.quantity,
    }
}

fn destination<'a>(order: OrderId, customer: PartyId, line: &Movement, quantity: Quantity) -> Effect<'a> {
    Effect::Destination {
        lot: line.lot_key(),
        serial: line.serial.clone(),
        order,
        line: line.line,
        customer,
        quantity,
    }
}

fn of_dispatch(dispatch: &Dispatch, out: &mut Vec<Effect<'_>>) {
    of_movements(&dispatch.lines, out);
    for line in &dispatch.lines {
        out.push(progress(dispatch.order, line, Stage::Dispatched));
        out.push(destination(dispatch.order, dispatch.customer, line, line.quantity));
    }
}

/// A return without an order changes stock, and no order's destinations: nobody knows which one it came from.
fn of_return(returned: &Return, out: &mut Vec<Effect<'_>>) {
    of_movements(&returned.lines, out);
    if let Some(order) = returned.order {
        out.extend(
            returned
                .lines
                .iter()
                .map(|line| destination(order, returned.customer, line, line.quantity.negated())),
        );
    }
}

fn of_count(count: &Count, out: &mut Vec<Effect<'_>>) {
    for line in &count.lines {
        let delta = line.counted - line.expected;
        if delta.is_zero() {
            continue;
        }
        let adjustment = StockKey { place: Place::at(LocationId::ADJUSTMENT), ..line.key.clone() };
        out.push(Effect::Stock { key: adjustment, delta: delta.negated() });
        out.push(Effect::Stock { key: line.key.clone(), delta });
    }
}
