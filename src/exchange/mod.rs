//! What leaves and enters as files: barcode labels first.

pub mod gs1;
mod label;

pub use label::{Label, Symbology};
