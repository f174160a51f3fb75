//! Scans that nothing marks as GS1: what they can be, the likeliest first. The General Specifications (7.8) take for granted
//! that the symbology identifier tells; where it is missing no standard says so, and the order is by how surely a form is
//! known: an envelope (ISO/IEC 15434), the site's own pattern, a link (GS1 Digital Link: URI Syntax), HIBC (ANSI/HIBC 2.6),
//! then digits whose check digit fits (General Specifications 7.9).

use super::element::Rules;
use super::issue::IssueCode;
use super::reading::{CandidateReason, Meaning, Reading};
use super::strings::{CANDIDATES_MAX, read_elements};
use super::symbology::Symbology;
use super::trade::{expand_upc_e, is_sscc, put_element};
use super::{envelope, hibc, link};
use crate::domain::{Gtin, LABEL_BYTES_MAX};

/// Reads data without FNC1 in first position.
pub(super) fn read_plain(reading: &mut Reading, rules: Rules) {
    if envelope::is_envelope(reading) {
        return envelope::read_envelope(reading, rules);
    }
    let local = rules.profile.local_kind(reading.data());
    if local.is_some() {
        reading.local = local;
        return read_text(reading);
    }
    if link::is_link(reading.data()) && link::read_link(reading, rules) {
        return;
    }
    if hibc::is_hibc(reading.data()) {
        hibc::read_hibc(reading, rules);
        if !reading.is_ok() {
            offer_text(reading);
        }
        return;
    }
    let (text, from, to) = (reading.text.as_bytes(), reading.body.start, reading.body.end);
    let separator = rules.next_separator(text, from, to);
    if separator == Some(from) || begins_with_key(reading, rules) {
        return read_unmarked(reading, rules);
    }
    let clean = rules.clean(text, from, to).is_some();
    if clean && separator.is_some() {
        return read_unmarked(reading, rules);
    }
    let numbers = numbers(reading);
    let mut numbers = numbers.into_iter().flatten();
    if reading.symbology == Symbology::Unknown
        && let Some(likeliest) = numbers.next()
    {
        let text = text_candidate(reading);
        put_element(reading, likeliest.ai, &likeliest.value, rules);
        for number in numbers {
            offer_number(reading, &number, rules);
        }
        reading.offer(CandidateReason::PlainText, text);
    } else {
        read_text(reading);
        warn_check_digit(reading);
        for number in numbers {
            offer_number(reading, &number, rules);
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

/// A valid GS1 number that digits without an AI can be.
#[derive(Debug)]
struct Number {
    reason: CandidateReason,
    ai: &'static str,
    value: String,
}

/// What bare digits can be, the likeliest first: EAN-8 begins with 0 on restricted labels only, so UPC-E
/// goes first there.
fn numbers(reading: &Reading) -> [Option<Number>; 3] {
    let data = reading.data();
    let gtin = |reason| move |gtin: Gtin| Number { reason, ai: "01", value: gtin.to_string() };
    let trade = Gtin::new(data).ok().map(gtin(CandidateReason::TradeNumber));
    let upc_e = Some(data)
        .filter(|data| data.len() == 8 && reading.symbology == Symbology::Unknown)
        .and_then(expand_upc_e)
        .and_then(|digits| Gtin::new(&digits).ok())
        .map(gtin(CandidateReason::UpcE));
    let sscc = || Number { reason: CandidateReason::LogisticNumber, ai: "00", value: data.to_owned() };
    let sscc = is_sscc(data).then(sscc);
    if data.starts_with('0') { [upc_e, trade, sscc] } else { [trade, upc_e, sscc] }
}

fn offer_number(reading: &mut Reading, number: &Number, rules: Rules) {
    let mut other = reading.again(Meaning::Elements);
    put_element(&mut other, number.ai, &number.value, rules);
    reading.offer(number.reason, other);
}

/// Warns where digits have the length of a GS1 number, but `numbers` has found none in them.
fn warn_check_digit(reading: &mut Reading) {
    let data = reading.data();
    let digits = matches!(data.len(), 12 | 13 | 14 | 18) && data.bytes().all(|byte| byte.is_ascii_digit());
    if digits && reading.symbology == Symbology::Unknown {
        let at = reading.body.end.saturating_sub(1);
        let message = "as long as an EAN, UPC, ITF-14 or SSCC number, but the check digit does not fit";
        reading.warn(IssueCode::CheckDigit, at, message);
    }
}
