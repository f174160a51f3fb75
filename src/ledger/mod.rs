//! Events → stock, first expiry first out, commands, holds and trace: pure, total, the clock is an argument.

mod effect;
pub use effect::{Effect, Stage};
