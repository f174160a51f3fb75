//! Work that was cut short: what a page keeps in the file, so that a pulled battery costs no scan.
//!
//! It is no event and never counts as saved. The row is written in the transaction of the event before it.

use super::{carry, pick, receive};
use crate::domain::OrderId;
use serde::{Deserialize, Serialize};

/// What a page has open and in hand.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Kept {
    /// Goods-in, with the line in hand.
    Receive(Box<receive::Kept>),
    /// Put-away or move, with the load in hand.
    Carry(carry::Kept),
    /// A walk, with the quantity that was typed.
    Pick(pick::Kept),
    /// Loading.
    Dispatch {
        /// Which order.
        order: OrderId,
    },
}

impl Kept {
    /// As it stands in the file.
    #[must_use]
    pub fn record(&self) -> Option<String> {
        serde_json::to_string(self).ok()
    }

    /// Reads a record; `None` for one of another version of the program.
    #[must_use]
    pub fn read(record: &str) -> Option<Self> {
        serde_json::from_str(record).ok()
    }
}
