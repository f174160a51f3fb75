//! One view-model per screen: input (scan, tap, text, time) → state, as plain data.

mod view;
pub use view::*;
