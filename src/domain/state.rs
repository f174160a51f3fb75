//! Rows of the projections that travel: where lots came from and went, how far orders are, what is stopped.

use super::{EventId, Hold, LotKey, OrderId, PartyId, Quantity, SerialNumber, Timestamp, UserId};
use serde::{Deserialize, Serialize};

/// Where a lot came from.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Origin {
    /// The lot.
    pub lot: LotKey,
    /// The receipt.
    pub event: EventId,
    /// From whom.
    pub supplier: Option<PartyId>,
    /// On which inbound order.
    pub order: Option<OrderId>,
    /// Base units, negative when undone.
    pub quantity: Quantity,
    /// When.
    pub at: Timestamp,
}

/// Where a lot went.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Destination {
    /// The lot.
    pub lot: LotKey,
    /// The unit.
    pub serial: Option<SerialNumber>,
    /// The dispatch.
    pub event: EventId,
    /// On which order.
    pub order: OrderId,
    /// Against which line.
    pub line: Option<u32>,
    /// To whom.
    pub customer: PartyId,
    /// Base units, negative when undone or returned.
    pub quantity: Quantity,
    /// When.
    pub at: Timestamp,
}

/// How far an order line is, for each lot.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Progress {
    /// The order.
    pub order: OrderId,
    /// The line.
    pub line: u32,
    /// The lot.
    pub lot: LotKey,
    /// The unit.
    pub serial: Option<SerialNumber>,
    /// Base units received.
    pub received: i64,
    /// Base units picked.
    pub picked: i64,
    /// Base units dispatched.
    pub dispatched: i64,
    /// Base units short.
    pub short: i64,
}

/// A stop and its end.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct HoldState {
    /// The event that placed it.
    pub id: EventId,
    /// What it stops and why.
    pub hold: Hold,
    /// Who placed it.
    pub operator: UserId,
    /// When.
    pub at: Timestamp,
    /// True once it has ended.
    pub released: bool,
}
