//! Events → stock, first expiry first out, commands, holds and trace: pure, total, the clock is an argument.

mod candidate;
pub mod command;
mod discrepancy;
mod effect;
mod effects;
mod facts;
pub mod fefo;
mod inspect;
mod refuse;
mod stock;
pub mod trace;

#[cfg(test)]
pub(crate) mod arbitrary;
#[cfg(test)]
mod fold_tests;
#[cfg(test)]
mod inspect_tests;

pub use candidate::{Candidate, days_left, good_to};
pub use discrepancy::{Discrepancy, Mismatch, SKEW_MS_MAX};
pub use effect::{Effect, Stage};
pub use effects::effects;
pub use facts::{Facts, KnownEvent, KnownLot, KnownOrder};
pub use fefo::{Allocation, Allocator, Demand, Skip, Skipped, Take, allocate, allocate_order};
pub use inspect::{dates_differ, inspect};
pub use refuse::{RELEASE_ROLE_MIN, Refusal, refuse};
pub use stock::{Balance, Setting, Stock, fill, fold, fold_entries};
