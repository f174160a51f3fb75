//! The window: Slint adapters, the worker that owns the store, scanner sources and feedback.

mod adapter;
pub mod ui;

pub use adapter::Screens;
