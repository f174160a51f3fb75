//! Something that cannot be right. Facts are never refused; what does not add up is put before a person.

use crate::domain::{Day, DeviceId, EventId, HoldKind, LotFacts, LotKey, OrderId, Place, Quantity, StockKey};
use serde::{Deserialize, Serialize};

/// Clocks further off than this are reported.
pub const SKEW_MS_MAX: u64 = 5 * 60 * 1000;

/// What does not add up, seen when `event` was applied.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Discrepancy {
    /// The event that brought it to light.
    pub event: EventId,
    /// The other side of the story, where it is known.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub others: Vec<EventId>,
    /// What.
    pub what: Mismatch,
}

/// What does not add up, with its numbers.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Mismatch {
    /// More was taken than was there.
    NegativeBalance {
        /// What and where.
        key: StockKey,
        /// Base units after the event, below zero.
        balance: Quantity,
    },
    /// Two labels give the same lot different dates.
    LotDatesDiffer {
        /// What was said first.
        known: LotFacts,
        /// What this event says.
        said: LotFacts,
    },
    /// It was taken although it was stopped.
    TakenWhileHeld {
        /// The lot; absent where the hold came to light after several were taken.
        lot: Option<LotKey>,
        /// From here.
        place: Option<Place>,
        /// What kind of stop.
        kind: HoldKind,
    },
    /// It was taken after its last good day.
    TakenExpired {
        /// The lot.
        lot: LotKey,
        /// Its last good day.
        good_to: Day,
    },
    /// It was taken back before.
    UndoneTwice {
        /// The event taken back.
        undone: EventId,
    },
    /// The ledger has not seen the event that is taken back.
    UndoneUnknown {
        /// The event taken back.
        undone: EventId,
    },
    /// More left than was ordered.
    DispatchedAboveOrder {
        /// The order.
        order: OrderId,
        /// Its line, 0 for goods that were not ordered.
        line: u32,
        /// Base units ordered.
        ordered: Quantity,
        /// Base units dispatched, this event included.
        dispatched: Quantity,
    },
    /// Goods moved for an order that had been closed.
    OrderClosed {
        /// The order.
        order: OrderId,
    },
    /// The device's clock is wrong.
    ClockSkew {
        /// Whose.
        device: DeviceId,
        /// On which day by the server's time.
        day: Day,
        /// By how much.
        skew_ms: i64,
    },
    /// A device's file was damaged, and what had been confirmed there never arrived: ask who worked with it.
    EventsLost {
        /// Whose.
        device: DeviceId,
        /// The epoch that the numbers are of.
        epoch: u32,
        /// Sequences: the first and the last of each run.
        lost: Vec<(u64, u64)>,
    },
    /// Something happened at a counted place before the count, and the counter did not know.
    CountOvertaken {
        /// What and where.
        key: StockKey,
    },
}

impl Mismatch {
    /// The stable name in databases, addresses and message tables.
    #[must_use]
    pub fn code(&self) -> &'static str {
        match self {
            Self::NegativeBalance { .. } => "negative_balance",
            Self::LotDatesDiffer { .. } => "lot_dates_differ",
            Self::TakenWhileHeld { .. } => "taken_while_held",
            Self::TakenExpired { .. } => "taken_expired",
            Self::UndoneTwice { .. } => "undone_twice",
            Self::UndoneUnknown { .. } => "undone_unknown",
            Self::DispatchedAboveOrder { .. } => "dispatched_above_order",
            Self::OrderClosed { .. } => "order_closed",
            Self::ClockSkew { .. } => "clock_skew",
            Self::EventsLost { .. } => "events_lost",
            Self::CountOvertaken { .. } => "count_overtaken",
        }
    }

    fn subject(&self) -> String {
        match self {
            Self::NegativeBalance { key, .. } | Self::CountOvertaken { key } => json(key),
            Self::LotDatesDiffer { said, .. } => json(&(said.item, &said.lot)),
            Self::TakenWhileHeld { lot, place, kind } => json(&(lot, place, kind)),
            Self::TakenExpired { lot, .. } => json(lot),
            Self::UndoneTwice { undone } | Self::UndoneUnknown { undone } => undone.to_string(),
            Self::DispatchedAboveOrder { order, line, .. } => format!("{order}/{line}"),
            Self::OrderClosed { order } => order.to_string(),
            Self::EventsLost { device, epoch, .. } => format!("{device}/{epoch}"),
            Self::ClockSkew { device, day, .. } => format!("{device}/{day}"),
        }
    }
}

fn json(value: &impl Serialize) -> String {
    serde_json::to_string(value).unwrap_or_default()
}

impl Discrepancy {
    /// The same discrepancy has the same identity on every replay: kind, event and subject. A wrong clock is one
    /// discrepancy for each device and day, not one for each scan.
    #[must_use]
    pub fn identity(&self) -> String {
        let code = self.what.code();
        match &self.what {
            Mismatch::ClockSkew { .. } => format!("{code}:{}", self.what.subject()),
            what => format!("{code}:{}:{}", self.event, what.subject()),
        }
    }
}
