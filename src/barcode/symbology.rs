//! What kind of symbol the bytes came from, as its AIM identifier says (ISO/IEC 15424; General
//! Specifications 5.1.2).

/// The symbol a reading came from.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Symbology {
    /// GS1-128, `]C1`.
    Gs1_128,
    /// GS1 DataMatrix, `]d2`.
    Gs1DataMatrix,
    /// GS1 QR Code, `]Q3`.
    Gs1Qr,
    /// GS1 DataBar and GS1 Composite, `]e0` to `]e2`.
    Gs1DataBar,
    /// GS1 DotCode, `]J1`.
    Gs1DotCode,
    /// EAN-13, `]E0` with 13 digits; with an add-on `]E3`.
    Ean13,
    /// EAN-8, `]E4`.
    Ean8,
    /// UPC-A, `]E0` with 12 digits.
    UpcA,
    /// UPC-E, `]E0` with 8 digits or fewer.
    UpcE,
    /// ITF-14, `]I1` with 14 digits.
    Itf14,
    /// Interleaved 2 of 5 of another length.
    Itf,
    /// Code 128 without FNC1 in first position.
    Code128,
    /// Code 39.
    Code39,
    /// Data Matrix without FNC1 in first position.
    DataMatrix,
    /// QR Code without FNC1 in first position.
    Qr,
    /// DotCode without FNC1 in first position.
    DotCode,
    /// PDF417.
    Pdf417,
    /// Aztec Code.
    Aztec,
    /// Any other symbol with an identifier.
    Other,
    /// The scanner sends no identifier, or somebody typed the code.
    Unknown,
}

impl Symbology {
    /// The name in JSON; stable.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Gs1_128 => "gs1-128",
            Self::Gs1DataMatrix => "gs1-datamatrix",
            Self::Gs1Qr => "gs1-qr",
            Self::Gs1DataBar => "gs1-databar",
            Self::Gs1DotCode => "gs1-dotcode",
            Self::Ean13 => "ean-13",
            Self::Ean8 => "ean-8",
            Self::UpcA => "upc-a",
            Self::UpcE => "upc-e",
            Self::Itf14 => "itf-14",
            Self::Itf => "itf",
            Self::Code128 => "code-128",
            Self::Code39 => "code-39",
            Self::DataMatrix => "datamatrix",
            Self::Qr => "qr",
            Self::DotCode => "dotcode",
            Self::Pdf417 => "pdf417",
            Self::Aztec => "aztec",
            Self::Other => "other",
            Self::Unknown => "unknown",
        }
    }

    /// True where FNC1 stood in first position: the data are GS1 element strings.
    #[must_use]
    pub fn is_gs1(self) -> bool {
        matches!(
            self,
            Self::Gs1_128 | Self::Gs1DataMatrix | Self::Gs1Qr | Self::Gs1DataBar | Self::Gs1DotCode
        )
    }

    /// True where the digits are a GTIN and nothing else.
    #[must_use]
    pub fn is_trade(self) -> bool {
        matches!(self, Self::Ean13 | Self::Ean8 | Self::UpcA | Self::UpcE | Self::Itf14)
    }
}

/// Takes the identifier off: the symbology and the number of bytes that were the identifier.
///
/// The length of the data tells EAN-13, UPC-A and UPC-E apart, which share `]E0`, and ITF-14 from other
/// ITF.
pub(super) fn identify(bytes: &[u8]) -> (Symbology, usize) {
    let &[b']', code, modifier, ref data @ ..] = bytes else { return (Symbology::Unknown, 0) };
    let symbology = match (code, modifier) {
        (_, modifier) if !modifier.is_ascii_alphanumeric() => return (Symbology::Unknown, 0),
        (b'C', b'1') => Symbology::Gs1_128,
        (b'C', _) => Symbology::Code128,
        (b'd', b'2' | b'5') => Symbology::Gs1DataMatrix,
        (b'd', _) => Symbology::DataMatrix,
        (b'Q', b'3' | b'4') => Symbology::Gs1Qr,
        (b'Q', _) => Symbology::Qr,
        (b'e', b'0'..=b'2') => Symbology::Gs1DataBar,
        (b'J', b'1' | b'4') => Symbology::Gs1DotCode,
        (b'J', _) => Symbology::DotCode,
        (b'E', b'0') if data.len() <= 8 => Symbology::UpcE,
        (b'E', b'0') if data.len() == 12 => Symbology::UpcA,
        (b'E', b'0' | b'3') => Symbology::Ean13,
        (b'E', b'4') => Symbology::Ean8,
        (b'I', _) if data.len() == 14 => Symbology::Itf14,
        (b'I', _) => Symbology::Itf,
        (b'A', _) => Symbology::Code39,
        (b'L', _) => Symbology::Pdf417,
        (b'z', _) => Symbology::Aztec,
        (b'B'..=b'Z' | b'a'..=b'z', b'0'..=b'9' | b'A'..=b'F') => Symbology::Other,
        _ => return (Symbology::Unknown, 0),
    };
    let has_eci =
        matches!((code, modifier), (b'd', b'4'..=b'6') | (b'Q', b'2' | b'4' | b'6') | (b'J', b'3'..=b'5'));
    (symbology, 3 + if has_eci { eci_len(data) } else { 0 })
}

/// Bytes of the designator of the character set that some symbols put before their data: `\` and six
/// digits.
fn eci_len(data: &[u8]) -> usize {
    match data.get(..7) {
        Some([b'\\', digits @ ..]) if digits.iter().all(u8::is_ascii_digit) => 7,
        _ => 0,
    }
}
