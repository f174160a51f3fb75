//! What the Slint compiler makes of `ui/app.slint`.
//!
//! The generated code needs a little `unsafe` for its item tables and does not follow our lints; it is confined here.
#![allow(unsafe_code, missing_docs, clippy::all, clippy::pedantic, clippy::nursery)]
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing, clippy::panic)]

slint::include_modules!();
