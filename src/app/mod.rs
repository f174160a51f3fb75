//! The window: Slint adapters, the worker that owns the store, scanner sources and feedback.
//!
//! The window's thread never waits: [`controller`] turns keys and taps into requests, [`worker`] owns the file and the
//! session on a thread of its own, and the network has a third one. This is the only place of the handheld's library
//! that reads the clock.

mod adapter;
#[cfg(target_os = "android")]
mod android;
mod battery;
pub mod clock;
pub mod controller;
pub mod data;
#[cfg(all(feature = "net", not(target_os = "android")))]
pub mod demo;
pub mod feedback;
pub mod headless;
pub mod run;
#[cfg(all(feature = "sound", not(target_os = "android")))]
mod speaker;
pub mod symbols;
pub mod ui;
pub mod upkeep;
pub mod wedge;
pub mod worker;

pub use adapter::Screens;
