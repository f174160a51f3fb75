//! What is wrong or doubtful in a reading, with codes that stay the same.

use std::borrow::Cow;

macro_rules! codes { ($($(#[$doc:meta])* $name:ident = $text:literal),* $(,)?) => {
    /// What is wrong or doubtful; the names are stable.
    #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
    pub enum IssueCode { $($(#[$doc])* $name,)* }

    impl IssueCode {
        /// Every code.
        pub const ALL: &[Self] = &[$(Self::$name,)*];

        /// The name in JSON; stable.
        #[must_use]
        pub fn as_str(self) -> &'static str { match self { $(Self::$name => $text,)* } }
    }
} }

codes! {
    /// Error: nothing but blanks.
    Empty = "empty",
    /// Error: more bytes than any symbol carries.
    InputTooLong = "input-too-long",
    /// Error: a control character in a plain code.
    ControlCharacter = "control-character",
    /// Error: a plain code longer than any label here.
    TextTooLong = "text-too-long",
    /// Warning: the bytes are not UTF-8 and were taken for Latin-1.
    NotUtf8 = "not-utf8",
    /// Warning: Caps Lock was on; letters were swapped back.
    CaseSwapped = "case-swapped",
    /// Error: no such Application Identifier.
    UnknownAi = "unknown-ai",
    /// Error: the data end within an Application Identifier.
    AiCutOff = "ai-cut-off",
    /// Error: an element without a value.
    ValueEmpty = "value-empty",
    /// Error: an element's value ends early.
    ValueTooShort = "value-too-short",
    /// Error: an element's value is longer than its AI allows.
    ValueTooLong = "value-too-long",
    /// Error: a character the AI does not allow.
    InvalidCharacter = "invalid-character",
    /// Error: the check digit does not fit. Warning where the digits need not be a GS1 number, or a blank
    /// behind an HIBC label may have been its check character.
    CheckDigit = "check-digit",
    /// Error: no such day.
    InvalidDate = "invalid-date",
    /// Error: no such time of day.
    InvalidTime = "invalid-time",
    /// Error: a code that the AI's list does not have.
    UnknownCode = "unknown-code",
    /// Error: a value that its AI does not allow.
    InvalidValue = "invalid-value",
    /// Error: an EAN, UPC or ITF symbol with a number of digits it cannot have.
    WrongLength = "wrong-length",
    /// Warning: more separators than one.
    DoubledSeparator = "doubled-separator",
    /// Warning: a value may have swallowed the next element; the candidates say which.
    LostSeparator = "lost-separator",
    /// Warning: the end of a value reads as another element that often stands there, which may be chance.
    PossibleLostSeparator = "possible-lost-separator",
    /// Warning: a lot of the longest length before another element.
    ValueAtMaximum = "value-at-maximum",
    /// Warning: GS1 data in a symbol that is not marked as GS1.
    MissingFnc1 = "missing-fnc1",
    /// Warning: one AI, two different values; the first one is taken.
    RepeatedAiDiffers = "repeated-ai-differs",
    /// Warning: an AI without another one that it asks for, here or in another symbol of the same thing.
    MissingCompanion = "missing-companion",
    /// Warning: two AIs that must not stand together.
    ExcludedCompanion = "excluded-companion",
    /// Warning: a healthcare product whose date has no day.
    HealthcareDayZero = "healthcare-day-zero",
    /// Warning: a range of days whose last day comes before its first.
    RangeReversed = "range-reversed",
    /// Warning: a weight that is no whole number of grams.
    FractionOfGram = "fraction-of-gram",
    /// Error: a web address whose GS1 Digital Link path breaks the order of its parts.
    InvalidLink = "invalid-link",
    /// Warning: an ISO/IEC 15434 message that does not end as it should.
    EnvelopeCutOff = "envelope-cut-off",
    /// Error: no data identifier (MH10.8.2) where one should be. Warning: one that is not read here.
    UnknownDi = "unknown-di",
    /// Error: a format this version does not read.
    UnsupportedFormat = "unsupported-format",
}

/// Something wrong or doubtful in a reading.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Issue {
    /// What.
    pub code: IssueCode,
    /// Where: the offset in [`Reading::raw`](super::Reading::raw), in bytes.
    pub at: usize,
    /// What in words, for the person who printed the label.
    pub message: Cow<'static, str>,
}

impl Issue {
    pub(super) fn new(code: IssueCode, at: usize, message: impl Into<Cow<'static, str>>) -> Self {
        Self { code, at, message: message.into() }
    }
}
