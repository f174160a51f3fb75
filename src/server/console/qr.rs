//! A QR code as SVG.

use fast_qr::{ECL, QRBuilder};
use std::fmt::Write as _;

/// Modules of quiet zone on every side (ISO/IEC 18004 asks for four).
const QUIET: usize = 4;

/// The code, dark on white also where the page is dark; empty where the text is too long for one.
pub(in crate::server) fn svg(text: &str, label: &str) -> String {
    let Ok(code) = QRBuilder::new(text).ecl(ECL::M).build() else { return String::new() };
    let side = code.size + 2 * QUIET;
    let mut path = String::new();
    for row in 0..code.size {
        for (column, module) in code[row].iter().enumerate().take(code.size) {
            if module.value() {
                let _ = write!(path, "M{} {}h1v1h-1z", column + QUIET, row + QUIET);
            }
        }
    }
    format!(
        r##"<svg class="qr" viewBox="0 0 {side} {side}" role="img" aria-label="{label}"><path fill="#fff" d="M0 0h{side}v{side}h-{side}z"/><path fill="#000" d="{path}"/></svg>"##
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_code_has_its_quiet_zone_and_nothing_too_long() {
        let code = svg(&"firstout-enrol:1,".repeat(10), "x");
        assert!(code.contains("M4 4h1v1h-1z"), "the finder begins behind four modules");
        assert!(!code.contains("M3 ") && !code.contains("M0 1h"), "{code}");
        assert_eq!(svg(&"x".repeat(5_000), "x"), "");
    }
}
