//! The codes that a scanner is set up with, on the screen and on paper.

use crate::barcode::CALIBRATION_SYMBOLS;
use crate::exchange::{Label, Symbology, label_modules, labels_html};
use crate::screens as view;
use slint::{Image, Rgb8Pixel, SharedPixelBuffer};

/// Light modules around a code: what a linear one needs is enough for a square one.
const QUIET_MODULES: usize = 10;
const SQUARE_QUIET_MODULES: usize = 2;

/// The codes in their order, for a sheet of labels.
#[must_use]
pub fn scanner_labels() -> Vec<Label> {
    use Symbology::{Code128, Gs1_128, Gs1DataMatrix};
    let kinds = [Code128, Gs1_128, Gs1DataMatrix, Gs1DataMatrix];
    let labels = kinds.into_iter().zip(CALIBRATION_SYMBOLS).zip(1..);
    labels.map(|((symbology, data), number)| label(symbology, data, format!("Code {number}"))).collect()
}

/// The sheet with these codes alone.
#[must_use]
pub fn scanner_sheet() -> String {
    labels_html(&scanner_labels())
}

fn label(symbology: Symbology, data: &str, title: String) -> Label {
    Label {
        title,
        group: "set up a scanner".to_owned(),
        symbology,
        human_readable: data.replace('\u{1d}', " "),
        scan_text: format!("{}{data}", symbology.identifier()),
    }
}

/// A code as a picture of one pixel for each module, and its columns; nothing where it cannot be drawn.
pub(super) fn drawn(symbol: &view::Symbol) -> Option<(Image, i32)> {
    let symbology = match symbol.kind {
        view::SymbolKind::Code128 => Symbology::Code128,
        view::SymbolKind::Gs1_128 => Symbology::Gs1_128,
        view::SymbolKind::Gs1DataMatrix => Symbology::Gs1DataMatrix,
    };
    let rows = label_modules(&label(symbology, &symbol.data, String::new())).ok()?;
    let is_linear = rows.len() == 1;
    let (across, down) =
        if is_linear { (QUIET_MODULES, 0) } else { (SQUARE_QUIET_MODULES, SQUARE_QUIET_MODULES) };
    let width = rows.first()?.len() + 2 * across;
    let height = rows.len() + 2 * down;
    let is_dark = |x: usize, y: usize| {
        let row = y.checked_sub(down).and_then(|y| rows.get(y));
        x.checked_sub(across).and_then(|x| row?.get(x).copied()).unwrap_or(false)
    };
    let (columns, lines) = (u32::try_from(width).ok()?, u32::try_from(height).ok()?);
    let mut buffer = SharedPixelBuffer::<Rgb8Pixel>::new(columns, lines);
    for (index, pixel) in buffer.make_mut_slice().iter_mut().enumerate() {
        let shade = if is_dark(index % width, index / width) { 0 } else { 255 };
        *pixel = Rgb8Pixel { r: shade, g: shade, b: shade };
    }
    Some((Image::from_rgb8(buffer), i32::try_from(width).ok()?))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_code_can_be_drawn() {
        assert!(!scanner_sheet().contains("Not drawn"));
        for label in scanner_labels() {
            assert!(label_modules(&label).is_ok(), "{label:?}");
        }
    }
}
