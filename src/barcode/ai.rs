//! How the AI table is written and searched.
//!
//! The number of digits of an AI follows from its first two (General Specifications 7.8), so a reader needs
//! one look into `GROUPS` and one into `ROWS`.

use super::identifiers::{DI_ROW_FIRST, DI_TABLE};
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
    /// One day or the first and the last of several.
    Days,
    /// A day, and where it is said the time of day.
    Moment,
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

/// Declares the checks beside the names that the GS1 Barcode Syntax Dictionary has for them.
macro_rules! checks { ($($(#[$doc:meta])* $name:ident = $text:literal),* $(,)?) => {
    /// What else a part has to satisfy. Each is the linter of that name in the GS1 Barcode Syntax Dictionary, release
    /// 2026-01-27; the sections are those of the General Specifications.
    #[derive(Debug, Clone, Copy, PartialEq, Eq)]
    pub(super) enum Check { None, $($(#[$doc])* $name,)* }

    #[cfg(test)]
    impl Check {
        /// Every check with its name in the dictionary.
        pub(super) const NAMES: &[(Self, &str)] = &[$((Self::$name, $text),)*];
    }
} }

checks! {
    /// The last digit is the GS1 check digit (7.9).
    Mod10 = "csum",
    /// YYMMDD.
    Date = "yymmdd",
    /// YYMMDD, where day 00 is the last day of the month (3.4.2 and following).
    DateOrMonth = "yymmd0",
    /// YYYYMMDD.
    LongDate = "yyyymmdd",
    /// YYYYMMDD, where day 00 is the last day of the month.
    #[cfg_attr(not(test), expect(dead_code, reason = "no AI of this release uses it"))]
    LongDateOrMonth = "yyyymmd0",
    /// HHMM.
    HourMinute = "hhmi",
    Hour = "hh",
    Minute = "mi",
    Second = "ss",
    /// A GS1 Company Prefix at the beginning.
    Prefix1 = "gcppos1",
    /// A GS1 Company Prefix after the first character.
    Prefix2 = "gcppos2",
    /// ISO 3166-1 numeric.
    Country = "iso3166",
    /// ISO 3166-1 numeric, or 999 for several.
    CountryOr999 = "iso3166999",
    /// ISO 3166-1 alpha-2.
    CountryAlpha2 = "iso3166alpha2",
    /// ISO 4217 numeric.
    Currency = "iso4217",
    /// ISO/IEC 5218.
    Sex = "iso5218",
    /// The last two characters are the check pair (7.9.5).
    PairSum = "csumalpha",
    HasNonDigit = "hasnondigit",
    /// ISO 13616.
    Iban = "iban",
    Zero = "zero",
    NonZero = "nonzero",
    NoZeroPrefix = "nozeroprefix",
    PieceOfTotal = "pieceoftotal",
    /// `1/3`.
    PosInSequence = "posinseqslash",
    Coupon = "couponcode",
    CouponOffer = "couponposoffer",
    Latitude = "latitude",
    Longitude = "longitude",
    MediaType = "mediatype",
    PackageType = "packagetype",
    YesNo = "yesno",
    /// Winding direction of rolls.
    Winding = "winding",
    ImporterIndex = "importeridx",
    /// Percent-encoding (RFC 3986).
    PercentEncoded = "pcenc",
    Hyphen = "hyphen",
}

/// Most checks of one part.
pub(super) const PART_CHECKS_MAX: usize = 3;

/// One part of a value; only the last one may vary in length, and none but optional ones follow an optional
/// one.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Part {
    pub charset: Charset,
    pub min: u8,
    pub max: u8,
    pub optional: bool,
    /// In the order in which they are made; [`Check::None`] ends them.
    pub checks: [Check; PART_CHECKS_MAX],
}

impl Part {
    const fn new(charset: Charset, min: u8, max: u8) -> Self {
        Self { charset, min, max, optional: false, checks: [Check::None; PART_CHECKS_MAX] }
    }

    #[allow(clippy::indexing_slicing, reason = "runs in the compiler only: a fourth check does not compile")]
    pub(super) const fn check(mut self, check: Check) -> Self {
        let mut at = 0;
        while !matches!(self.checks[at], Check::None) {
            at += 1;
        }
        self.checks[at] = check;
        self
    }

    /// The first and usually only check.
    pub(super) const fn main_check(&self) -> Check {
        let [first, ..] = self.checks;
        first
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

/// The AIs that begin with the same two digits.
#[derive(Debug, Clone, Copy)]
struct Group {
    /// Of each AI; 0 where there is none.
    digits: u8,
    /// Where the group's 1, 10 or 100 places in `ROWS` begin: one for each number the other digits can be.
    at: u16,
}

/// Places in `ROWS` that stand for no AI.
const NO_ROW: u8 = u8::MAX;
const _: () = assert!(AI_TABLE.len() < NO_ROW as usize);

static GROUPS: [Group; 100] = groups();

static ROWS: [u8; places(100)] = rows();

/// How many numbers the digits after the first two can be.
const fn span(digits: u8) -> usize {
    match digits {
        0 => 0,
        2 => 1,
        3 => 10,
        _ => 100,
    }
}

#[allow(clippy::indexing_slicing, reason = "runs in the compiler only: a bad table does not compile")]
const fn group_digits() -> [u8; 100] {
    let mut digits = [0; 100];
    let mut index = 0;
    while index < AI_TABLE.len() {
        let spec = &AI_TABLE[index];
        let span = span(spec.digits);
        let mut lead = spec.first as usize / span;
        while lead <= spec.last as usize / span {
            let known = digits[lead];
            assert!(known == 0 || known == spec.digits, "AIs that share two digits have the same length");
            digits[lead] = spec.digits;
            lead += 1;
        }
        index += 1;
    }
    digits
}

/// Places that the first `groups` groups need.
#[allow(clippy::indexing_slicing, reason = "runs in the compiler only")]
const fn places(groups: usize) -> usize {
    let digits = group_digits();
    let (mut places, mut lead) = (0, 0);
    while lead < groups {
        places += span(digits[lead]);
        lead += 1;
    }
    places
}

#[allow(clippy::indexing_slicing, reason = "runs in the compiler only")]
const fn groups() -> [Group; 100] {
    let digits = group_digits();
    let mut groups = [Group { digits: 0, at: 0 }; 100];
    let (mut lead, mut at) = (0, 0);
    while lead < 100 {
        groups[lead] = Group { digits: digits[lead], at: at as u16 };
        at += span(digits[lead]);
        lead += 1;
    }
    groups
}

#[allow(clippy::indexing_slicing, reason = "runs in the compiler only")]
const fn rows() -> [u8; places(100)] {
    let groups = groups();
    let mut rows = [NO_ROW; places(100)];
    let mut index = 0;
    while index < AI_TABLE.len() {
        let spec = &AI_TABLE[index];
        let span = span(spec.digits);
        let mut number = spec.first as usize;
        while number <= spec.last as usize {
            rows[groups[number / span].at as usize + number % span] = index as u8;
            number += 1;
        }
        index += 1;
    }
    rows
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
    let Some(&Group { digits, at }) = GROUPS.get(lead).filter(|group| group.digits > 0) else {
        return Lookup::Unknown(2);
    };
    let mut place = usize::from(at);
    if digits > 2 {
        let Some(others) = text.get(2..usize::from(digits)) else { return Lookup::CutOff };
        let mut number = 0;
        for byte in others {
            if !byte.is_ascii_digit() {
                return Lookup::Unknown(2);
            }
            number = number * 10 + usize::from(byte - b'0');
        }
        place += number;
    }
    match ROWS.get(place) {
        Some(&row) if row != NO_ROW => Lookup::Row(u16::from(row)),
        _ => Lookup::Unknown(usize::from(digits)),
    }
}

/// The row with this index; every index comes from [`lookup`].
pub(super) fn spec(row: u16) -> &'static AiSpec {
    static NOTHING: AiSpec = open("", Kind::Text, &[], "");
    let foreign = || DI_TABLE.get(usize::from(row.checked_sub(DI_ROW_FIRST)?)).map(|(_, spec)| spec);
    AI_TABLE.get(usize::from(row)).or_else(foreign).unwrap_or(&NOTHING)
}

/// Which sets a byte belongs to, one bit each.
static SETS: [u8; 256] = sets();

#[allow(clippy::indexing_slicing, reason = "runs in the compiler only")]
const fn sets() -> [u8; 256] {
    let mut sets = [0; 256];
    let mut byte = 0;
    while byte < 256 {
        let digit = (byte as u8).is_ascii_digit();
        let letter = (byte as u8).is_ascii_alphabetic();
        let upper = (byte as u8).is_ascii_uppercase();
        sets[byte] = (digit as u8 * 0b1111) | (letter as u8 * 0b1010) | (upper as u8 * 0b0100);
        byte += 1;
    }
    add(add(add(sets, b"!\"%&'()*+,-./:;<=>?_", 0b0010), b"#-/", 0b0100), b"-_=", 0b1000)
}

#[allow(clippy::indexing_slicing, reason = "runs in the compiler only")]
const fn add(mut sets: [u8; 256], bytes: &[u8], bit: u8) -> [u8; 256] {
    let mut at = 0;
    while at < bytes.len() {
        sets[bytes[at] as usize] |= bit;
        at += 1;
    }
    sets
}

impl Charset {
    /// True where the character belongs to the set.
    pub(super) fn holds(self, byte: u8) -> bool {
        let bit = match self {
            Self::Digits => 0b0001,
            Self::Cset82 => 0b0010,
            Self::Cset39 => 0b0100,
            Self::Cset64 => 0b1000,
        };
        SETS.get(usize::from(byte)).is_some_and(|sets| sets & bit != 0)
    }
}
