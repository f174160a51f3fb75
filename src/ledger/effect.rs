//! What one event changes, worked out once for every projection.
//!
//! The in-memory fold, the handheld's file and the server's database all apply these effects, so that they cannot
//! disagree about what an event means. Quantities add up: applying effects in another order gives the same balances.

use crate::domain::{
    EventId, Hold, HoldTarget, LotFacts, LotKey, OrderId, PartyId, Quantity, SerialNumber, StockKey,
    Timestamp,
};

/// What a quantity against an order line counts.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Stage {
    /// Came in for an inbound line.
    Received,
    /// Was taken for an outbound line.
    Picked,
    /// Left for the customer.
    Dispatched,
    /// Could not be found.
    Short,
}

/// One change to a projection.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Effect<'a> {
    /// A balance changes by `delta`.
    Stock {
        /// Which balance.
        key: StockKey,
        /// By how much, signed.
        delta: Quantity,
    },
    /// A label said this of a lot. Field by field, what was said first in stream order counts (a later label fills
    /// what earlier ones left open), and the earliest receipt; dates that differ are a discrepancy.
    Lot {
        /// What it said.
        facts: &'a LotFacts,
        /// When it was received, corrected time.
        received: Timestamp,
    },
    /// A lot came from here (trace back).
    Origin {
        /// Which lot.
        lot: LotKey,
        /// From whom.
        supplier: Option<PartyId>,
        /// On which inbound order.
        order: Option<OrderId>,
        /// How much, negative when undone.
        quantity: Quantity,
    },
    /// A lot went there (trace forward).
    Destination {
        /// Which lot.
        lot: LotKey,
        /// Which unit.
        serial: Option<SerialNumber>,
        /// On which outbound order.
        order: OrderId,
        /// Against which of its lines.
        line: Option<u32>,
        /// To whom.
        customer: PartyId,
        /// How much, negative when undone or returned.
        quantity: Quantity,
    },
    /// An order line moved on.
    Progress {
        /// The order.
        order: OrderId,
        /// Its line; 0 for goods that came without being ordered.
        line: u32,
        /// The lot that counts against it.
        lot: LotKey,
        /// The unit that counts against it.
        serial: Option<SerialNumber>,
        /// What is counted.
        stage: Stage,
        /// By how much, signed.
        quantity: Quantity,
    },
    /// A stop was placed; the event's id names it.
    Hold(&'a Hold),
    /// A stop ended. Only from an event that the server accepted.
    Release {
        /// The hold.
        hold: EventId,
        /// What it stopped.
        target: &'a HoldTarget,
    },
    /// An order was closed (or, undone, opened again).
    Closed {
        /// The order.
        order: OrderId,
        /// False when the closing was undone.
        closed: bool,
    },
    /// An earlier event was taken back.
    Undone {
        /// The event taken back.
        event: EventId,
    },
}
