//! What an endpoint can be told of: the facts and commands of the ledger that mean something outside the warehouse.

use crate::domain::{Body, HoldKind};
use std::fmt;
use std::str::FromStr;

macro_rules! topics {
    ($($(#[$about:meta])* $name:ident = $text:literal),* $(,)?) => {
        /// One kind of news.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub enum Topic { $($(#[$about])* $name),* }

        impl Topic {
            /// Every kind.
            pub const ALL: &[Self] = &[$(Self::$name),*];

            /// Its name in commands, addresses and messages.
            #[must_use]
            pub fn as_str(self) -> &'static str {
                match self { $(Self::$name => $text),* }
            }
        }
    };
}

topics! {
    /// Goods came in.
    GoodsReceived = "goods.received",
    /// Goods left on the truck.
    GoodsDispatched = "goods.dispatched",
    /// A customer brought goods back.
    GoodsReturned = "goods.returned",
    /// Goods were thrown away.
    GoodsDisposed = "goods.disposed",
    /// Stock changed its place.
    StockMoved = "stock.moved",
    /// Stock was taken for an order.
    StockPicked = "stock.picked",
    /// Stock was counted.
    StockCounted = "stock.counted",
    /// A line of an order could not be filled.
    OrderShort = "order.short",
    /// Nothing more will come or go for an order: its lines are final.
    OrderClosed = "order.closed",
    /// A lot, a place or a handling unit was stopped.
    HoldPlaced = "hold.placed",
    /// A hold or a recall ended.
    HoldReleased = "hold.released",
    /// A lot, a place or a handling unit must come back.
    RecallPlaced = "recall.placed",
    /// Something does not add up.
    DiscrepancyOpened = "discrepancy.opened",
    /// A person settled it.
    DiscrepancySettled = "discrepancy.settled",
}

impl Topic {
    /// What an entry of the ledger is news of, and true where it takes that back.
    #[must_use]
    pub fn of(body: &Body) -> Option<(Self, bool)> {
        let topic = match body {
            Body::Receipt(_) => Self::GoodsReceived,
            Body::Dispatch(_) => Self::GoodsDispatched,
            Body::Return(_) => Self::GoodsReturned,
            Body::Disposal(_) => Self::GoodsDisposed,
            Body::Move(_) => Self::StockMoved,
            Body::Pick(_) => Self::StockPicked,
            Body::Count(_) => Self::StockCounted,
            Body::Short(_) => Self::OrderShort,
            Body::CloseOrder(_) => Self::OrderClosed,
            Body::Hold(hold) if hold.kind == HoldKind::Recall => Self::RecallPlaced,
            Body::Hold(_) => Self::HoldPlaced,
            Body::Release(_) => Self::HoldReleased,
            Body::Settle(_) => Self::DiscrepancySettled,
            Body::Undo(undo) => return Self::of(&undo.body).map(|(topic, undone)| (topic, !undone)),
            Body::Park(_) | Body::Loss(_) | Body::Unknown { .. } => return None,
        };
        Some((topic, false))
    }

    /// Several as they are stored and shown.
    #[must_use]
    pub fn join(topics: &[Self]) -> String {
        topics.iter().map(|topic| topic.as_str()).collect::<Vec<_>>().join(" ")
    }

    /// Stored ones; `None` where one is unknown.
    #[must_use]
    pub fn split(text: &str) -> Option<Vec<Self>> {
        text.split_whitespace().map(|name| name.parse().ok()).collect()
    }
}

impl fmt::Display for Topic {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// Not one of them.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{0:?} is no kind of news; there are {all}", all = Topic::join(Topic::ALL))]
pub struct TopicError(String);

impl FromStr for Topic {
    type Err = TopicError;
    fn from_str(text: &str) -> Result<Self, TopicError> {
        let found = Self::ALL.iter().copied().find(|topic| topic.as_str() == text);
        found.ok_or_else(|| TopicError(text.chars().take(40).collect()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::{CloseOrder, EventId, OrderId, Undo};
    use uuid::Uuid;

    #[test]
    fn they_are_stored_by_their_names() {
        assert_eq!(Topic::split(&Topic::join(Topic::ALL)).as_deref(), Some(Topic::ALL));
        assert_eq!(Topic::split("goods.received goods.eaten"), None);
        assert!("Goods.Received".parse::<Topic>().is_err());
        for topic in Topic::ALL {
            let fits = |byte: u8| byte.is_ascii_lowercase() || matches!(byte, b'.' | b'_');
            assert!(topic.as_str().bytes().all(fits), "{topic}");
        }
    }

    #[test]
    fn what_is_taken_back_is_told_to_who_was_told_of_it() {
        let close = Body::CloseOrder(CloseOrder { order: OrderId(1) });
        assert_eq!(Topic::of(&close), Some((Topic::OrderClosed, false)));
        let undo = Body::Undo(Undo { event: EventId(Uuid::nil()), body: Box::new(close) });
        assert_eq!(Topic::of(&undo), Some((Topic::OrderClosed, true)));
        assert_eq!(Topic::of(&Body::Unknown { kind: "kit".into() }), None);
    }
}
