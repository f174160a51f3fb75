//! What leaves and enters as files: barcode labels, and lists of what a site has.

mod code128;
pub mod gs1;
#[cfg(feature = "server")]
pub mod import;
mod label;
mod sheet;

pub use code128::Code128Error;
pub use label::{Label, Symbology};
pub use sheet::{label_modules, label_svg, labels_html};
