//! How the AI table is written and searched.
//!
//! The number of digits of an AI follows from its first two (General Specifications 7.8), so a reader needs
//! one look into `GROUPS` and a short walk over the rows of that group.

use super::table::AI_TABLE;

/// Longest AI, in digits.
pub(super) const AI_DIGITS_MAX: usize = 4;

/// What an element's value stands for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    Sscc,
    Gtin,
    Gln,
    Day,
    Count,
    /// Digits whose decimal places the AI's last digit gives.
    Decimal,
    Text,
}

/// Which characters a part takes (General Specifications 7.11).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Charset {
    Digits,
    Cset82,
    Cset39,
    /// File-safe, URI-safe base64.
    Cset64,
}

/// What else a part has to satisfy.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Check {
    None,
    /// The last digit is the GS1 check digit (7.9).
    Mod10,
    /// YYMMDD.
    Date,
    /// YYMMDD, where day 00 is the last day of the month (3.4.2 and following).
    DateOrMonth,
}

/// One part of a value; only the last one may vary in length, and none but optional ones follow an optional
/// one.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Part {
    pub charset: Charset,
    pub min: u8,
    pub max: u8,
    pub optional: bool,
    pub check: Check,
}

impl Part {
    const fn new(charset: Charset, min: u8, max: u8) -> Self {
        Self { charset, min, max, optional: false, check: Check::None }
    }

    pub(super) const fn check(mut self, check: Check) -> Self {
        self.check = check;
        self
    }

    pub(super) const fn opt(mut self) -> Self {
        self.optional = true;
        self
    }
}

/// Exactly `len` digits.
pub(super) const fn n(len: u8) -> Part {
    Part::new(Charset::Digits, len, len)
}

/// One to `max` digits.
pub(super) const fn n_up_to(max: u8) -> Part {
    Part::new(Charset::Digits, 1, max)
}

/// Exactly `len` characters of set 82.
pub(super) const fn x(len: u8) -> Part {
    Part::new(Charset::Cset82, len, len)
}

/// One to `max` characters of set 82.
pub(super) const fn x_up_to(max: u8) -> Part {
    Part::new(Charset::Cset82, 1, max)
}

/// One to `max` characters of set 39.
pub(super) const fn y_up_to(max: u8) -> Part {
    Part::new(Charset::Cset39, 1, max)
}

/// One to `max` characters of base64.
pub(super) const fn z_up_to(max: u8) -> Part {
    Part::new(Charset::Cset64, 1, max)
}

/// One row of the table: an AI, or a range of them that differ in nothing but their last digit.
#[derive(Debug, Clone, Copy)]
pub(super) struct AiSpec {
    pub first: u16,
    pub last: u16,
    pub digits: u8,
    /// Of predefined length (General Specifications 7.8): nothing separates it from the next one.
    pub predefined: bool,
    pub kind: Kind,
    /// Longest value.
    pub max: u8,
    pub parts: &'static [Part],
    pub title: &'static str,
}

impl AiSpec {
    /// True for the row of this AI; ranges are named by their first one.
    pub(super) fn is(&self, first: u16, digits: u8) -> bool {
        self.first == first && self.digits == digits
    }
}

/// A row for an AI of predefined length.
pub(super) const fn fixed(ai: &str, kind: Kind, parts: &'static [Part], title: &'static str) -> AiSpec {
    row(ai, true, kind, parts, title)
}

/// A row for an AI whose value ends at a separator.
pub(super) const fn open(ai: &str, kind: Kind, parts: &'static [Part], title: &'static str) -> AiSpec {
    row(ai, false, kind, parts, title)
}

#[allow(clippy::indexing_slicing, reason = "runs in the compiler only: a bad row does not compile")]
const fn row(ai: &str, predefined: bool, kind: Kind, parts: &'static [Part], title: &'static str) -> AiSpec {
    let text = ai.as_bytes();
    let (mut first, mut last, mut digits, mut at) = (0_u16, 0_u16, 0_u8, 0);
    while at < text.len() && text[at] != b'-' {
        first = first * 10 + (text[at] - b'0') as u16;
        digits += 1;
        at += 1;
    }
    at += 1;
    while at < text.len() {
        last = last * 10 + (text[at] - b'0') as u16;
        at += 1;
    }
    if last == 0 {
        last = first;
    }
    let (mut max, mut part) = (0, 0);
    while part < parts.len() {
        max += parts[part].max;
        part += 1;
    }
    AiSpec { first, last, digits, predefined, kind, max, parts, title }
}

/// The rows of the AIs that begin with the same two digits.
#[derive(Debug, Clone, Copy)]
struct Group {
    digits: u8,
    from: u16,
    to: u16,
}

static GROUPS: [Group; 100] = groups();

#[allow(clippy::indexing_slicing, reason = "runs in the compiler only: a bad table does not compile")]
const fn groups() -> [Group; 100] {
    let mut groups = [Group { digits: 0, from: 0, to: 0 }; 100];
    let mut index = 0;
    while index < AI_TABLE.len() {
        let spec = &AI_TABLE[index];
        let scale = match spec.digits {
            2 => 1,
            3 => 10,
            _ => 100,
        };
        let mut lead = (spec.first / scale) as usize;
        while lead <= (spec.last / scale) as usize {
            if groups[lead].digits == 0 {
                groups[lead] = Group { digits: spec.digits, from: index as u16, to: index as u16 };
            }
            assert!(groups[lead].digits == spec.digits, "AIs that share two digits have the same length");
            groups[lead].to = index as u16 + 1;
            lead += 1;
        }
        index += 1;
    }
    groups
}

/// What stands where an AI is expected.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Lookup {
    /// The row's index.
    Row(u16),
    /// The text ends within the AI.
    CutOff,
    /// No AI of the table, with the digits that were taken for one.
    Unknown(usize),
}

/// Finds the AI that `text` begins with.
pub(super) fn lookup(text: &[u8]) -> Lookup {
    let &[tens, ones, ..] = text else { return Lookup::CutOff };
    if !tens.is_ascii_digit() || !ones.is_ascii_digit() {
        return Lookup::Unknown(0);
    }
    let lead = usize::from(tens - b'0') * 10 + usize::from(ones - b'0');
    let Some(&Group { digits, from, to }) = GROUPS.get(lead).filter(|group| group.digits > 0) else {
        return Lookup::Unknown(2);
    };
    let Some(ai) = text.get(..usize::from(digits)) else { return Lookup::CutOff };
    let mut number = 0_u16;
    for byte in ai {
        if !byte.is_ascii_digit() {
            return Lookup::Unknown(2);
        }
        number = number * 10 + u16::from(byte - b'0');
    }
    let rows = AI_TABLE.get(usize::from(from)..usize::from(to)).unwrap_or_default();
    match rows.iter().position(|spec| spec.first <= number && number <= spec.last) {
        Some(offset) => Lookup::Row(from + offset as u16),
        None => Lookup::Unknown(usize::from(digits)),
    }
}

/// The row with this index; every index comes from [`lookup`].
pub(super) fn spec(row: u16) -> &'static AiSpec {
    static NOTHING: AiSpec = open("", Kind::Text, &[], "");
    AI_TABLE.get(usize::from(row)).unwrap_or(&NOTHING)
}

impl Charset {
    /// True where the character belongs to the set.
    pub(super) fn holds(self, byte: u8) -> bool {
        match self {
            Self::Digits => byte.is_ascii_digit(),
            Self::Cset82 => byte.is_ascii_alphanumeric() || b"!\"%&'()*+,-./:;<=>?_".contains(&byte),
            Self::Cset39 => byte.is_ascii_digit() || byte.is_ascii_uppercase() || b"#-/".contains(&byte),
            Self::Cset64 => byte.is_ascii_alphanumeric() || b"-_=".contains(&byte),
        }
    }
}
