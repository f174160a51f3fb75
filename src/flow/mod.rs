//! Flows: what a person did, as data. The same runner serves the tests, the count of scans and taps, and support.
//!
//! A flow file has one JSON object a line. `{"scan": "]d201…"}`, `{"scan_hex": "5d64…"}`, `{"tap": "done"}` and
//! `{"text": "PO-7731"}` are inputs; `{"time": "2026-11-23T08:00:00Z"}` sets the clock; `{"wait_ms": 300}` says how long after
//! the last input the next one comes (otherwise [`PACE_MS`]); `{"sync": true}` and `{"tick": true}` are what their names
//! say; `{"restart": true}` pulls the battery and starts anew on the same file; `{"demo": 1}` fills a fresh file with the demo warehouse of that seed. `"expect": {…}` on any line is compared with
//! the view after it, `"count": {"scans": 1, "taps": 0}` with the inputs since the last count, which then begins anew.

mod expect;
mod fill;
mod replay;
mod runner;
mod step;

pub use expect::{Mismatch, compare};
pub use fill::fill_demo;
pub use replay::{ReplayArgs, ReplayError, replay};
pub use runner::{FlowError, PACE_MS, Runner};
pub use step::{Count, Step, parse};
