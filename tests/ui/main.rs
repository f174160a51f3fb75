//! The window without a display: real keys, real text, PNGs of every screen in `target/ui/`.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing, clippy::panic)]

mod colours;
mod damage;
mod kit;
mod pictures;
mod real;
mod scanner;
mod sheets;
mod stage;
mod touch;
mod views;
mod wedge;
