//! Firstout: an offline-first lot scanner for warehouse floors.
//!
//! ARCHITECTURE.md shows the data's way through these modules and who may import whom.
#![deny(unsafe_code)]
#![cfg_attr(
    not(test),
    deny(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing, clippy::panic)
)]

pub mod barcode;
pub mod decode;
pub mod demo;
pub mod domain;
pub mod exchange;
pub mod flow;
pub mod ledger;
pub mod screens;
pub mod store;
pub mod sync;

#[cfg(feature = "gui")]
#[allow(clippy::disallowed_methods, reason = "the window reads the clock and makes event ids")]
pub mod app;
#[cfg(feature = "server")]
#[expect(clippy::disallowed_methods, reason = "the server reads the clock and makes ids")]
pub mod server;
