//! The handheld's SQLite file: events, outbox, projections and master data.
//!
//! One writer ([`Store`]) and any number of readers ([`Reader`]) beside it. A confirmed scan is one transaction with
//! `synchronous=FULL`: the event's frozen bytes, its place in the device's sequence and hash chain, its row in the
//! outbox and what it changes. Shown stock is `base + pending` in one row: `base` is the server's state at the cursor,
//! `pending` what this device's events that have not come back yet add to it, so taking in a page of the server's
//! stream is arithmetic and never a replay. What an event changes is said by [`crate::ledger::effects`] alone.

mod announced;
mod apply;
mod carve;
mod confirm;
mod error;
mod heal;
mod heard;
mod holds;
mod identity;
mod kept;
mod loss;
mod lots;
mod master;
mod migrate;
mod open;
mod orders;
mod outbox;
mod pull;
mod purge;
mod push;
mod rebase;
mod row;
mod salvage;
mod scanner;
mod settle;
mod snapshot;
mod status;
mod stock;
mod trace;
mod undo;

#[cfg(test)]
mod full_tests;
#[cfg(test)]
mod projection_tests;

pub use confirm::{Confirmed, Draft, OUTBOX_EVENTS_MAX, OUTBOX_EVENTS_RESERVED, OUTBOX_WARN_PERCENT};
pub use error::StoreError;
pub use heal::{Healed, InterruptHandle};
pub use heard::HEARD_MAX;
pub use identity::Identity;
pub use kept::{PinTries, Unfinished};
pub use loss::{Numbers, count};
pub use lots::LotPassport;
pub use open::{OpenReport, Reader, Store};
pub use orders::OrderSummary;
pub use purge::{KEEP_EVENTS_MS, Purged};
pub use salvage::Salvage;
pub use status::SyncStatus;
pub use stock::StockRow;
