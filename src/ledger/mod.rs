//! Events → stock, first expiry first out, commands, holds and trace: pure, total, the clock is an argument.

mod candidate;
mod effect;
mod effects;
pub mod fefo;

pub use candidate::{Candidate, days_left, good_to};
pub use effect::{Effect, Stage};
pub use effects::effects;
pub use fefo::{Allocation, Allocator, Demand, Skip, Skipped, Take, allocate, allocate_order};
