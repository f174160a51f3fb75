//! Plan, then do: from what the store knows to the body of an event, or to a refusal with the numbers in it.
//!
//! The handheld believes what it has seen; the floor may know better. So what a person asks for beyond the believed
//! numbers is refused once, and taken when asked for again with a reason or `confirmed`: the event is a fact then, and
//! the ledger flags what does not add up. [`Refusal::can_be_confirmed`] says which refusals are of that kind.

mod outbound;
mod receive;
mod stop;
mod transfer;

pub use outbound::{Judged, Load, Stop, Verdict, close_order, dispatch, judge, keep_whole, pick, short};
pub use receive::{Arrival, Inbound, inbound_line, receive};
pub use stop::{hold, release, undo};
pub use transfer::{Believed, Target, move_all, move_stock};

use super::Skip;
use crate::domain::{Day, EventId, HoldKind, ItemId, LotFacts, Quantity, Role};

/// Most movement lines of one event; its bytes leave room for as many.
pub const LINES_MAX: usize = 500;

/// Why something cannot be done as it was asked.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Refusal {
    /// At least one base unit.
    QuantityZero,
    /// A serial number is one unit.
    SerialIsOne {
        /// Base units asked for.
        wanted: Quantity,
    },
    /// The device believes that fewer are there.
    AboveThere {
        /// Base units there.
        there: Quantity,
        /// Base units asked for.
        wanted: Quantity,
    },
    /// More than the order line still lacks, or more than was picked for it.
    AboveOpen {
        /// Base units still open.
        open: Quantity,
        /// Base units asked for.
        wanted: Quantity,
    },
    /// More than was ordered.
    AboveOrdered {
        /// Base units ordered.
        ordered: Quantity,
        /// Base units that came before.
        received: Quantity,
        /// Base units asked for.
        wanted: Quantity,
    },
    /// Nothing is there.
    NothingThere,
    /// It is there already.
    SamePlace,
    /// The item is tracked by lot.
    LotMissing,
    /// The item is tracked by serial number.
    SerialMissing,
    /// The order line asks for another item.
    OtherItem {
        /// The item it asks for.
        wanted: ItemId,
    },
    /// Its dates, a stop or the demanded lot speak against it.
    Unfit(Skip),
    /// Too little shelf life on arrival, or none.
    ShortDated {
        /// Its last good day.
        good_to: Day,
        /// Days left today.
        days_left: i64,
        /// Days that the item asks for.
        days_needed: i64,
    },
    /// It is stopped.
    OnHold {
        /// What kind of stop.
        kind: HoldKind,
    },
    /// Another label gave this lot other dates.
    DatesDiffer {
        /// What is known.
        known: Box<LotFacts>,
    },
    /// The order is closed.
    OrderClosed,
    /// The operator may not do that.
    NotAllowed {
        /// What it takes.
        needed: Role,
    },
    /// The hold has ended, or its release is on its way.
    HoldEnded {
        /// The hold.
        hold: EventId,
    },
    /// It was taken back already, or there is nothing to take back.
    NothingToUndo {
        /// The event.
        event: EventId,
    },
    /// More lines than one event holds.
    TooManyLines {
        /// How many.
        lines: usize,
    },
}

impl Refusal {
    /// True where the floor may know better: asked again with a reason, or confirmed, it is done.
    #[must_use]
    pub fn can_be_confirmed(&self) -> bool {
        matches!(
            self,
            Self::AboveThere { .. }
                | Self::AboveOrdered { .. }
                | Self::ShortDated { .. }
                | Self::DatesDiffer { .. }
        )
    }
}

fn check_quantity(quantity: Quantity, has_serial: bool) -> Result<(), Refusal> {
    if !quantity.is_positive() {
        return Err(Refusal::QuantityZero);
    }
    if has_serial && quantity != Quantity::ONE {
        return Err(Refusal::SerialIsOne { wanted: quantity });
    }
    Ok(())
}

fn check_lines(lines: usize) -> Result<(), Refusal> {
    match lines {
        0 => Err(Refusal::NothingThere),
        1..=LINES_MAX => Ok(()),
        _ => Err(Refusal::TooManyLines { lines }),
    }
}
