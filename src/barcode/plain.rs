//! Scans that nothing marks as GS1: what they can be, the likeliest first.

use super::element::Rules;
use super::issue::IssueCode;
use super::profile::GS;
use super::reading::{CandidateReason, Meaning, Reading};
use super::strings::{CANDIDATES_MAX, read_elements};
use super::symbology::Symbology;
use super::trade::{expand_upc_e, is_sscc, put_element};
use crate::domain::{Gtin, LABEL_BYTES_MAX};

/// Reads data without FNC1 in first position.
pub(super) fn read_plain(reading: &mut Reading, rules: Rules) {
    if reading.data().starts_with("[)>") {
        let at = reading.body.start;
        reading.error(IssueCode::UnsupportedFormat, at, "an ISO/IEC 15434 label; only GS1 labels are read");
        return;
    }
    let local = rules.profile.local_kind(reading.data());
    if local.is_some() {
        reading.local = local;
        return read_text(reading);
    }
    let data = reading.data();
    let bytes = data.as_bytes();
    if rules.profile.separator_len(bytes) > 0 || begins_with_key(reading, rules) {
        return read_unmarked(reading, rules);
    }
    let clean = rules.clean(reading.text.as_bytes(), reading.body.start, reading.body.end).is_some();
    if clean && bytes.contains(&GS) {
        return read_unmarked(reading, rules);
    }
    let number = NumberKind::of(data);
    match number {
        Some(kind) if reading.symbology == Symbology::Unknown => {
            let text = text_candidate(reading);
            kind.put(reading, rules);
            if kind == NumberKind::Gtin
                && let Some(other) = upc_e(reading, rules)
            {
                reading.offer(CandidateReason::UpcE, other);
            }
            reading.offer(CandidateReason::PlainText, text);
        }
        Some(kind) => {
            let mut other = reading.again(Meaning::Elements);
            kind.put(&mut other, rules);
            read_text(reading);
            reading.offer(kind.reason(), other);
        }
        None => {
            let other = upc_e(reading, rules);
            read_text(reading);
            warn_check_digit(reading);
            if let Some(other) = other {
                reading.offer(CandidateReason::UpcE, other);
            }
        }
    }
    if clean {
        let mut other = reading.again(Meaning::Elements);
        let range = other.body.clone();
        read_elements(&mut other, range, rules);
        other.candidates.clear();
        reading.offer(CandidateReason::MissingFnc1, other);
    }
}

/// Reads the data as a plain code.
pub(super) fn read_text(reading: &mut Reading) {
    reading.meaning = Meaning::Text;
    let at = reading.body.start;
    let data = reading.data();
    let control = data.char_indices().find(|(_, c)| c.is_control()).map(|(offset, _)| offset);
    let len = data.len();
    if let Some(offset) = control {
        let message = "a plain code holds a control character; it cannot be a code of this warehouse";
        reading.error(IssueCode::ControlCharacter, at + offset, message);
    }
    if len > LABEL_BYTES_MAX {
        let message = format!("a plain code of {len} bytes; the longest label here has {LABEL_BYTES_MAX}");
        reading.error(IssueCode::TextTooLong, at + LABEL_BYTES_MAX, message);
    }
}

/// Offers the plain text of a GS1 symbol that cannot be read as elements.
pub(super) fn offer_text(reading: &mut Reading) {
    let text = text_candidate(reading);
    if text.is_ok() && reading.candidates.len() < CANDIDATES_MAX {
        reading.offer(CandidateReason::PlainText, text);
    }
}

fn text_candidate(reading: &Reading) -> Reading {
    let mut text = reading.again(Meaning::Text);
    read_text(&mut text);
    text
}

/// Reads elements whose FNC1 or symbology identifier is missing.
fn read_unmarked(reading: &mut Reading, rules: Rules) {
    let range = reading.body.clone();
    if reading.symbology != Symbology::Unknown {
        let message = "the symbol holds GS1 data but is not marked as GS1 (FNC1 is missing)";
        reading.warn(IssueCode::MissingFnc1, range.start, message);
    }
    read_elements(reading, range, rules);
    offer_text(reading);
}

/// True where the data begin with AI 00, 01 or 02 and a number whose check digit fits.
fn begins_with_key(reading: &Reading, rules: Rules) -> bool {
    let step = rules.step(reading.text.as_bytes(), reading.body.start, reading.body.end);
    step.is_ok_and(|step| step.fault.is_none() && step.slot.row < 3)
}

/// Digits without an AI that are a valid GS1 number.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum NumberKind {
    Gtin,
    Sscc,
}

impl NumberKind {
    fn of(data: &str) -> Option<Self> {
        if Gtin::new(data).is_ok() { Some(Self::Gtin) } else { is_sscc(data).then_some(Self::Sscc) }
    }

    fn put(self, reading: &mut Reading, rules: Rules) {
        let (ai, value) = match self {
            Self::Gtin => ("01", format!("{:0>14}", reading.data())),
            Self::Sscc => ("00", reading.data().to_owned()),
        };
        put_element(reading, ai, &value, rules);
    }

    fn reason(self) -> CandidateReason {
        match self {
            Self::Gtin => CandidateReason::TradeNumber,
            Self::Sscc => CandidateReason::LogisticNumber,
        }
    }
}

/// The same eight digits as a UPC-E, where they are a valid one.
fn upc_e(reading: &Reading, rules: Rules) -> Option<Reading> {
    let data = reading.data();
    if data.len() != 8 || reading.symbology != Symbology::Unknown {
        return None;
    }
    let gtin = Gtin::new(&expand_upc_e(data)?).ok()?;
    let mut other = reading.again(Meaning::Elements);
    put_element(&mut other, "01", &gtin.to_string(), rules);
    Some(other)
}

/// Warns where digits have the length of a GS1 number but not its check digit.
fn warn_check_digit(reading: &mut Reading) {
    let data = reading.data();
    let digits = matches!(data.len(), 12 | 13 | 14 | 18) && data.bytes().all(|byte| byte.is_ascii_digit());
    if digits && reading.symbology == Symbology::Unknown {
        let at = reading.body.end.saturating_sub(1);
        let message = "as long as an EAN, UPC, ITF-14 or SSCC number, but the check digit does not fit";
        reading.warn(IssueCode::CheckDigit, at, message);
    }
}
