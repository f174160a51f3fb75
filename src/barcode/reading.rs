//! What one symbol says: the answer of [`read`](super::read), asked field by field.

use super::ai::{Check, Kind, Part};
use super::date::{read_day, read_days, read_long_day, read_moment};
use super::element::Slot;
use super::issue::{Issue, IssueCode};
use super::profile::LocalKind;
use super::slots::Slots;
use super::symbology::Symbology;
use crate::domain::{Day, Gtin, HuCode, LotNumber, SerialNumber};
use chrono::NaiveDateTime;
use std::ops::Range;
use std::sync::Arc;

/// What the body of a symbol was taken for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Meaning {
    /// GS1 elements.
    Elements,
    /// A code of the site, an order number, a sign: the text itself.
    Text,
}

/// What one symbol says, and what is doubtful about it.
///
/// The scan lies in one buffer, elements are places in it, and other ways to read it share it: a reading without
/// doubts costs one allocation.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Reading {
    /// The scan as text; other ways to read it share it.
    pub(super) text: Arc<str>,
    /// Elements of what was no element string, written as one; their places are those behind the text.
    pub(super) extra: String,
    /// The bytes as scanned where they are not the text's.
    pub(super) bytes: Option<Box<[u8]>>,
    /// The data: without symbology identifier and padding.
    pub(super) body: Range<usize>,
    pub(super) symbology: Symbology,
    pub(super) meaning: Meaning,
    pub(super) local: Option<LocalKind>,
    pub(super) slots: Slots,
    pub(super) errors: Vec<Issue>,
    pub(super) warnings: Vec<Issue>,
    pub(super) candidates: Vec<Candidate>,
    pub(super) today: Day,
}

/// Why a scan can also be read another way.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum CandidateReason {
    /// A separator may be missing inside a value.
    LostSeparator,
    /// The end of a value reads as another element, which may be chance.
    PossibleLostSeparator,
    /// The end of a value can be read as another element, and nothing else speaks for it.
    UnlikelyLostSeparator,
    /// The data read as GS1 elements although nothing marks them as GS1.
    MissingFnc1,
    /// The digits are also a valid GTIN.
    TradeNumber,
    /// The digits are also a valid SSCC.
    LogisticNumber,
    /// The digits are also a valid UPC-E.
    UpcE,
    /// It may be a code of the site's own that looks like a GS1 number.
    PlainText,
}

impl CandidateReason {
    /// Every reason.
    pub const ALL: [Self; 8] = [
        Self::LostSeparator,
        Self::PossibleLostSeparator,
        Self::UnlikelyLostSeparator,
        Self::MissingFnc1,
        Self::TradeNumber,
        Self::LogisticNumber,
        Self::UpcE,
        Self::PlainText,
    ];

    /// The name in JSON; stable.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::LostSeparator => "lost-separator",
            Self::PossibleLostSeparator => "possible-lost-separator",
            Self::UnlikelyLostSeparator => "unlikely-lost-separator",
            Self::MissingFnc1 => "missing-fnc1",
            Self::TradeNumber => "trade-number",
            Self::LogisticNumber => "logistic-number",
            Self::UpcE => "upc-e",
            Self::PlainText => "plain-text",
        }
    }

    /// True where a separator may be missing.
    #[must_use]
    pub fn is_lost_separator(self) -> bool {
        matches!(self, Self::LostSeparator | Self::PossibleLostSeparator | Self::UnlikelyLostSeparator)
    }

    /// The reason in words.
    #[must_use]
    pub fn message(self) -> &'static str {
        match self {
            Self::LostSeparator => "a separator may be missing inside a value",
            Self::PossibleLostSeparator => "the end of a value reads as another element, perhaps by chance",
            Self::UnlikelyLostSeparator => {
                "the end of a value can be read as another element, most likely by chance"
            }
            Self::MissingFnc1 => "the data read as GS1 elements, but nothing marks them as GS1",
            Self::TradeNumber => "the digits are also a valid GTIN",
            Self::LogisticNumber => "the digits are also a valid SSCC",
            Self::UpcE => "the digits are also a valid UPC-E",
            Self::PlainText => "it may be a plain code that looks like a GS1 number",
        }
    }
}

/// Another way to read the same scan.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Candidate {
    /// Why it can be read this way.
    pub reason: CandidateReason,
    /// What it says then; it has no candidates of its own.
    pub reading: Reading,
}

/// One element of a reading.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Element<'a> {
    /// The Application Identifier: two to four digits.
    pub ai: &'a str,
    /// Its data title, for example `BATCH/LOT`.
    pub title: &'static str,
    /// The value as scanned.
    pub value: &'a str,
    /// What the value stands for.
    pub typed: Typed,
    /// False where the value breaks a rule of its AI; the reading's errors say which.
    pub valid: bool,
    /// Where it begins in the scan, in bytes; the scan's end where its AI is not written there.
    pub at: usize,
}

/// What an element's value stands for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Typed {
    /// Nothing but the text, or a value that breaks a rule of its AI.
    Text,
    /// A GTIN.
    Gtin(Gtin),
    /// A Serial Shipping Container Code: the 18 digits of the value.
    Sscc,
    /// A Global Location Number: the 13 digits of the value.
    Gln,
    /// A day.
    Day(Day),
    /// The days from the first to the last of both; one day where they are equal.
    Days {
        /// The first day.
        from: Day,
        /// The last day.
        to: Day,
    },
    /// A moment at the place that the label means; what it does not say of the time is zero.
    Moment(NaiveDateTime),
    /// A whole number.
    Count(i64),
    /// `digits` / 10^`places`.
    Decimal {
        /// The value without its decimal point.
        digits: i64,
        /// Digits after the decimal point.
        places: u8,
    },
}

impl Reading {
    /// The symbol the scan came from.
    #[must_use]
    pub fn symbology(&self) -> Symbology {
        self.symbology
    }

    /// The scan, byte for byte; of more than the longest input its beginning.
    #[must_use]
    pub fn raw(&self) -> &[u8] {
        match &self.bytes {
            Some(bytes) => bytes,
            None => self.text.as_bytes(),
        }
    }

    /// The data as text: without symbology identifier, line ends and what the scanner adds.
    #[must_use]
    pub fn data(&self) -> &str {
        self.text.get(self.body.clone()).unwrap_or_default()
    }

    /// True where the symbol can be relied on: it breaks no rule.
    #[must_use]
    pub fn is_ok(&self) -> bool {
        self.errors.is_empty()
    }

    /// What is wrong with the symbol.
    #[must_use]
    pub fn errors(&self) -> &[Issue] {
        &self.errors
    }

    /// What is doubtful about the symbol.
    #[must_use]
    pub fn warnings(&self) -> &[Issue] {
        &self.warnings
    }

    /// True where this is among the warnings.
    #[must_use]
    pub fn warns(&self, code: IssueCode) -> bool {
        self.warnings.iter().any(|issue| issue.code == code)
    }

    /// Other ways to read the scan, the likelier first.
    #[must_use]
    pub fn candidates(&self) -> &[Candidate] {
        &self.candidates
    }

    /// True for a label of ANSI/HIBC: its elements stand for what GS1 has other words and other companions for.
    #[must_use]
    pub fn is_hibc(&self) -> bool {
        self.meaning == Meaning::Elements && super::hibc::is_hibc(self.data())
    }

    /// The elements in the order of the label. EAN, UPC and ITF-14 symbols have one, AI 01.
    pub fn elements(&self) -> impl ExactSizeIterator<Item = Element<'_>> {
        self.slots.iter().map(|slot| self.element(slot))
    }

    /// The trade item: AI 01, or the content of a logistic unit, AI 02.
    #[must_use]
    pub fn gtin(&self) -> Option<Gtin> {
        self.gtin_of(1).or_else(|| self.content_gtin())
    }

    /// The trade items inside a logistic unit: AI 02. Their number is [`count`](Self::count).
    #[must_use]
    pub fn content_gtin(&self) -> Option<Gtin> {
        self.gtin_of(2)
    }

    /// True for the label of a logistic unit: it has an SSCC or says what is inside.
    #[must_use]
    pub fn is_logistic(&self) -> bool {
        self.slot(0, 2).is_some() || self.slot(2, 2).is_some()
    }

    /// Lot number, AI 10.
    #[must_use]
    pub fn lot(&self) -> Option<LotNumber> {
        LotNumber::new(self.value(10, 2)?).ok()
    }

    /// Serial number, AI 21.
    #[must_use]
    pub fn serial(&self) -> Option<SerialNumber> {
        SerialNumber::new(self.value(21, 2)?).ok()
    }

    /// Expiry date, AI 17; else the day of the expiry time, AI 7003.
    #[must_use]
    pub fn expiry(&self) -> Option<Day> {
        self.day(17).or_else(|| self.day_of_moment(7003))
    }

    /// Best-before date, AI 15.
    #[must_use]
    pub fn best_before(&self) -> Option<Day> {
        self.day(15)
    }

    /// Sell-by date, AI 16.
    #[must_use]
    pub fn sell_by(&self) -> Option<Day> {
        self.day(16)
    }

    /// Production date, AI 11; else the day of the production time, AI 8008.
    #[must_use]
    pub fn produced(&self) -> Option<Day> {
        self.day(11).or_else(|| self.day_of_moment(8008))
    }

    /// Packaging date, AI 13.
    #[must_use]
    pub fn packed(&self) -> Option<Day> {
        self.day(13)
    }

    /// Number of trade items: AI 30 (variable count) or 37 (in a logistic unit).
    #[must_use]
    pub fn count(&self) -> Option<i64> {
        self.value(30, 2).or_else(|| self.value(37, 2))?.parse().ok()
    }

    /// Net weight in grams, AI 310n; `None` too where the label gives no whole number of grams.
    #[must_use]
    pub fn weight_g(&self) -> Option<i64> {
        match self.slot(3100, 4).map(|slot| self.element(slot).typed) {
            Some(Typed::Decimal { digits, places }) => grams(digits, places),
            _ => None,
        }
    }

    /// The logistic unit, AI 00.
    #[must_use]
    pub fn sscc(&self) -> Option<HuCode> {
        HuCode::new(self.value(0, 2)?).ok()
    }

    /// The item by its maker's or its buyer's own number, AI 240 or 241; HIBC and data identifiers have no GTIN.
    #[must_use]
    pub fn item_code(&self) -> Option<&str> {
        self.value(240, 3).or_else(|| self.value(241, 3))
    }

    /// The customer's purchase order number, AI 400.
    #[must_use]
    pub fn order_number(&self) -> Option<&str> {
        self.value(400, 3)
    }

    /// The physical location's GLN, AI 414.
    #[must_use]
    pub fn location_gln(&self) -> Option<&str> {
        self.value(414, 3)
    }

    /// The deliver-to location's GLN, AI 410.
    #[must_use]
    pub fn ship_to_gln(&self) -> Option<&str> {
        self.value(410, 3)
    }

    /// Internal product variant, AI 20.
    #[must_use]
    pub fn variant(&self) -> Option<&str> {
        self.value(20, 2)
    }

    /// A plain code without GS1 meaning: a location, badge, order or local handling unit; the screen looks
    /// it up.
    #[must_use]
    pub fn text(&self) -> Option<&str> {
        (self.meaning == Meaning::Text && self.is_ok()).then(|| self.data())
    }

    /// What the site uses this plain code for, where its form tells.
    #[must_use]
    pub fn local_kind(&self) -> Option<LocalKind> {
        self.local
    }

    /// The same scan before anything was made of it.
    pub(super) fn again(&self, meaning: Meaning) -> Self {
        Self {
            text: Arc::clone(&self.text),
            extra: String::new(),
            bytes: self.bytes.clone(),
            meaning,
            local: None,
            slots: Slots::default(),
            errors: Vec::new(),
            warnings: Vec::new(),
            candidates: Vec::new(),
            body: self.body.clone(),
            ..*self
        }
    }

    pub(super) fn error(
        &mut self,
        code: IssueCode,
        at: usize,
        message: impl Into<std::borrow::Cow<'static, str>>,
    ) {
        self.errors.push(Issue::new(code, at, message));
    }

    pub(super) fn warn(
        &mut self,
        code: IssueCode,
        at: usize,
        message: impl Into<std::borrow::Cow<'static, str>>,
    ) {
        self.warnings.push(Issue::new(code, at, message));
    }

    pub(super) fn offer(&mut self, reason: CandidateReason, reading: Reading) {
        self.candidates.push(Candidate { reason, reading });
    }

    pub(super) fn ai_text(&self, slot: &Slot) -> &str {
        self.piece(usize::from(slot.ai_at), usize::from(slot.value_at))
    }

    pub(super) fn slot_value(&self, slot: &Slot) -> &str {
        self.piece(usize::from(slot.value_at), slot.value_end())
    }

    /// A piece of the text, or of what was written behind it.
    fn piece(&self, from: usize, to: usize) -> &str {
        let end = self.text.len();
        let found = if to <= end {
            self.text.get(from..to)
        } else {
            from.checked_sub(end).and_then(|from| self.extra.get(from..to - end))
        };
        found.unwrap_or_default()
    }

    /// The first valid element of this AI, or of the range that begins with it.
    pub(super) fn slot(&self, first: u16, digits: u8) -> Option<&Slot> {
        self.slots.iter().find(|slot| slot.valid && slot.spec().is(first, digits))
    }

    fn value(&self, first: u16, digits: u8) -> Option<&str> {
        self.slot(first, digits).map(|slot| self.slot_value(slot))
    }

    fn gtin_of(&self, ai: u16) -> Option<Gtin> {
        Gtin::new(self.value(ai, 2)?).ok()
    }

    fn day(&self, ai: u16) -> Option<Day> {
        match self.element(self.slot(ai, 2)?).typed {
            Typed::Day(day) => Some(day),
            _ => None,
        }
    }

    fn day_of_moment(&self, ai: u16) -> Option<Day> {
        match self.element(self.slot(ai, 4)?).typed {
            Typed::Moment(moment) => Some(moment.date()),
            _ => None,
        }
    }

    pub(super) fn element(&self, slot: &Slot) -> Element<'_> {
        let (ai, value) = (self.ai_text(slot), self.slot_value(slot));
        let at = usize::from(slot.ai_at).min(self.text.len());
        let typed = slot.valid.then(|| self.typed(slot, ai, value)).flatten().unwrap_or(Typed::Text);
        Element {
            ai,
            title: slot.spec().title,
            value,
            typed,
            valid: slot.valid,
            at: self.bytes.as_ref().map_or(at, |bytes| super::place_in(bytes, &self.text, at)),
        }
    }

    fn typed(&self, slot: &Slot, ai: &str, value: &str) -> Option<Typed> {
        let check = slot.spec().parts.first().map_or(Check::None, Part::main_check);
        Some(match slot.spec().kind {
            Kind::Sscc => Typed::Sscc,
            Kind::Gln => Typed::Gln,
            Kind::Text => Typed::Text,
            Kind::Gtin => Typed::Gtin(Gtin::new(value).ok()?),
            Kind::Day if check == Check::LongDate => Typed::Day(read_long_day(value.as_bytes())?),
            Kind::Day => Typed::Day(read_day(value.as_bytes(), check, self.today)?),
            Kind::Days => {
                let (from, to) = read_days(value.as_bytes(), check, self.today)?;
                Typed::Days { from, to }
            }
            Kind::Moment => Typed::Moment(read_moment(value.as_bytes(), check, self.today)?),
            Kind::Count => Typed::Count(value.parse().ok()?),
            Kind::Decimal => {
                let places = ai.bytes().last().map_or(0, |digit| digit.wrapping_sub(b'0'));
                Typed::Decimal { digits: value.parse().ok()?, places }
            }
        })
    }
}

/// Kilograms as `digits` / 10^`places` in whole grams; `None` where they are not whole.
pub(super) fn grams(digits: i64, places: u8) -> Option<i64> {
    let milli = digits.checked_mul(1000)?;
    let scale = 10_i64.checked_pow(u32::from(places))?;
    (milli % scale == 0).then(|| milli / scale)
}
