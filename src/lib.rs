//! Firstout: an offline-first lot scanner for warehouse floors.
#![forbid(unsafe_code)]

pub mod domain;
