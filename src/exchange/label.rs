//! A label: one barcode with the words around it.

use super::gs1::Elements;
use serde::Serialize;

/// Which barcode.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Symbology {
    /// DataMatrix that starts with FNC1.
    Gs1DataMatrix,
    /// Code 128 that starts with FNC1.
    Gs1_128,
    /// Code 128 without any structure.
    Code128,
}

impl Symbology {
    /// The three characters a scanner sends before the data (ISO/IEC 15424).
    #[must_use]
    pub fn identifier(self) -> &'static str {
        match self {
            Self::Gs1DataMatrix => "]d2",
            Self::Gs1_128 => "]C1",
            Self::Code128 => "]C0",
        }
    }
}

/// One barcode with the words around it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Label {
    /// What it is, in the words of the floor.
    pub title: String,
    /// The job it belongs to.
    pub group: String,
    /// Which barcode.
    pub symbology: Symbology,
    /// What is printed below the bars.
    pub human_readable: String,
    /// What a scanner in keyboard mode sends: the symbology identifier and the data, FNC1 as `\x1d`.
    pub scan_text: String,
}

impl Label {
    /// A label with a plain code.
    #[must_use]
    pub fn plain(group: &str, title: impl Into<String>, code: &str) -> Self {
        Self::new(group, title.into(), Symbology::Code128, code, code)
    }

    /// A linear label with GS1 element strings, as on pallets.
    #[must_use]
    pub fn gs1_128(group: &str, title: impl Into<String>, elements: &Elements) -> Self {
        Self::new(group, title.into(), Symbology::Gs1_128, elements.text(), elements.data())
    }

    /// A square label with GS1 element strings, as on cases and units.
    #[must_use]
    pub fn gs1_datamatrix(group: &str, title: impl Into<String>, elements: &Elements) -> Self {
        Self::new(group, title.into(), Symbology::Gs1DataMatrix, elements.text(), elements.data())
    }

    fn new(group: &str, title: String, symbology: Symbology, human_readable: &str, data: &str) -> Self {
        Self {
            title,
            group: group.to_owned(),
            symbology,
            human_readable: human_readable.to_owned(),
            scan_text: format!("{}{data}", symbology.identifier()),
        }
    }

    /// What the symbol itself holds, without the leading FNC1.
    #[must_use]
    pub fn data(&self) -> &str {
        self.scan_text.strip_prefix(self.symbology.identifier()).unwrap_or(&self.scan_text)
    }
}
