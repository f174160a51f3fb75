//! Put-away and move: some of a lot, or everything a handling unit or a location holds.

use super::{Refusal, check_lines, check_quantity};
use crate::domain::{
    Body, HoldKind, HuCode, LocationId, LocationKind, Move, MoveKind, Movement, Place, Quantity, StockKey,
};

/// What the device believes is somewhere.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Believed {
    /// What and where.
    pub key: StockKey,
    /// Base units there.
    pub there: Quantity,
    /// The gravest open stop on it.
    pub hold: Option<HoldKind>,
}

/// Where it goes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Target<'a> {
    /// The location.
    pub location: LocationId,
    /// What it is for.
    pub kind: LocationKind,
    /// A handling unit there that takes it up; otherwise loose stock stays loose and a handling unit travels along.
    pub hu: Option<&'a HuCode>,
}

/// Moves some of one balance; loose at its new place unless the target names a handling unit.
///
/// # Errors
/// See [`Refusal`]. More than is believed there is moved when `confirmed`. Stopped stock moves into quarantine only.
pub fn move_stock(
    what: &Believed,
    quantity: Quantity,
    target: Target<'_>,
    kind: MoveKind,
    confirmed: bool,
) -> Result<Body, Refusal> {
    check_quantity(quantity, what.key.serial.is_some())?;
    if quantity > what.there && !confirmed {
        return Err(Refusal::AboveThere { there: what.there, wanted: quantity });
    }
    let to = Place { location: target.location, hu: target.hu.cloned() };
    Ok(Body::Move(Move { kind, lines: vec![line(what, quantity, to, target.kind)?] }))
}

/// Moves everything listed: a handling unit's content, or all that is at a location. Handling units stay as they are.
///
/// # Errors
/// See [`Refusal`]; balances of zero or below are not there and are left out.
pub fn move_all(content: &[Believed], target: Target<'_>, kind: MoveKind) -> Result<Body, Refusal> {
    let there = content.iter().filter(|what| what.there.is_positive());
    let lines: Result<Vec<_>, _> = there
        .map(|what| {
            let hu = target.hu.or(what.key.place.hu.as_ref()).cloned();
            line(what, what.there, Place { location: target.location, hu }, target.kind)
        })
        .collect();
    let lines = lines?;
    check_lines(lines.len())?;
    Ok(Body::Move(Move { kind, lines }))
}

fn line(what: &Believed, quantity: Quantity, to: Place, kind: LocationKind) -> Result<Movement, Refusal> {
    let StockKey { item, lot, serial, place: from } = what.key.clone();
    if from == to {
        return Err(Refusal::SamePlace);
    }
    match what.hold {
        Some(hold) if kind != LocationKind::Quarantine => Err(Refusal::OnHold { kind: hold }),
        _ => Ok(Movement { item, lot, serial, quantity, from, to, line: None }),
    }
}

#[cfg(test)]
#[path = "transfer_tests.rs"]
mod tests;
