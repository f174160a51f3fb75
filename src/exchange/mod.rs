//! What leaves and enters as files: barcode labels first.

mod code128;
pub mod gs1;
mod label;
mod sheet;

pub use code128::Code128Error;
pub use label::{Label, Symbology};
pub use sheet::{label_modules, label_svg, labels_html};
