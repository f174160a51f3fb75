//! Symbols that hold one number: EAN-13, EAN-8, UPC-A, UPC-E, ITF-14, and bare SSCC digits.

use super::ELEMENT_BYTES;
use super::element::{Fault, Rules, Slot, short};
use super::issue::IssueCode;
use super::reading::{Meaning, Reading};
use super::strings::report;
use super::symbology::Symbology;
use crate::domain::{Gtin, GtinError, check_digit};
use std::fmt::Write as _;

/// Reads the data of an EAN, UPC or ITF-14 symbol.
pub(super) fn read_trade(reading: &mut Reading, rules: Rules) {
    let digits = match reading.symbology {
        // Two or five digits of an add-on follow the 13 (General Specifications 5.2.2).
        Symbology::Ean13 if matches!(reading.data().len(), 15 | 18) => reading.data().get(..13),
        Symbology::Ean13 => Some(reading.data()).filter(|digits| digits.len() == 13),
        Symbology::Ean8 => Some(reading.data()).filter(|digits| digits.len() == 8),
        Symbology::UpcA => Some(reading.data()).filter(|digits| digits.len() == 12),
        Symbology::Itf14 => Some(reading.data()).filter(|digits| digits.len() == 14),
        _ => Some(reading.data()).filter(|digits| matches!(digits.len(), 6 | 8)),
    };
    let at = reading.body.start;
    let Some(digits) = digits else {
        reading.error(IssueCode::WrongLength, at, "the symbol has a number of digits it cannot have");
        return;
    };
    let gtin = if reading.symbology == Symbology::UpcE {
        expand_upc_e(digits).ok_or(GtinError::NotDigits).and_then(|number| Gtin::new(&number))
    } else {
        Gtin::new(digits)
    };
    match gtin {
        Ok(gtin) => put_gtin(reading, gtin, rules),
        Err(GtinError::CheckDigit { expected, found }) => {
            let at = at + digits.len().saturating_sub(1);
            let message = format!("the check digit is {found}, it should be {expected}");
            reading.error(IssueCode::CheckDigit, at, message);
        }
        Err(_) => {
            let bad = digits.bytes().position(|byte| !byte.is_ascii_digit()).unwrap_or_default();
            reading.error(
                IssueCode::InvalidCharacter,
                at + bad,
                "the symbol holds no UPC, EAN or ITF number",
            );
        }
    }
}

/// The twelve digits of a UPC-A that six or eight digits of a UPC-E stand for (General Specifications
/// 5.2.2.4).
///
/// `None` where there is no such number; the check digit is taken as it is.
pub(super) fn expand_upc_e(digits: &str) -> Option<String> {
    let (system, six, check) = match *digits.as_bytes() {
        [a, b, c, d, e, f] => (b'0', [a, b, c, d, e, f], None),
        [system @ b'0'..=b'1', a, b, c, d, e, f, check] => (system, [a, b, c, d, e, f], Some(check)),
        _ => return None,
    };
    let [a, b, c, d, e, f] = six;
    let z = b'0';
    let body = match f {
        b'0'..=b'2' => [system, a, b, f, z, z, z, z, c, d, e],
        b'3' => [system, a, b, c, z, z, z, z, z, d, e],
        b'4' => [system, a, b, c, d, z, z, z, z, z, e],
        b'5'..=b'9' => [system, a, b, c, d, e, z, z, z, z, f],
        _ => return None,
    };
    let check = check.or(check_digit(&body).map(|digit| digit + b'0'))?;
    let number: String = body.iter().chain([&check]).map(|&byte| char::from(byte)).collect();
    number.bytes().all(|byte| byte.is_ascii_digit()).then_some(number)
}

/// True for 18 digits with a fitting check digit.
pub(super) fn is_sscc(digits: &str) -> bool {
    let Some((last, body)) = digits.as_bytes().split_last() else { return false };
    digits.len() == 18 && check_digit(body).is_some_and(|digit| digit + b'0' == *last)
}

/// Gives the reading a GTIN in its form of 14 digits.
fn put_gtin(reading: &mut Reading, gtin: Gtin, rules: Rules) {
    let at = begin_element(reading);
    // Writing to a text cannot fail.
    let _ = write!(reading.extra, "01{gtin}");
    take_element(reading, at, rules);
}

/// Gives the reading one element whose AI is not on the label.
pub(super) fn put_element(reading: &mut Reading, ai: &str, value: &str, rules: Rules) {
    let at = begin_element(reading);
    reading.extra.push_str(ai);
    reading.extra.push_str(value);
    take_element(reading, at, rules);
}

/// Where the next element is written. One allocation is enough for all elements of one scan.
fn begin_element(reading: &mut Reading) -> usize {
    if reading.extra.is_empty() {
        reading.extra.reserve(reading.text.len() + ELEMENT_BYTES);
    }
    reading.meaning = Meaning::Elements;
    reading.extra.len()
}

fn take_element(reading: &mut Reading, at: usize, rules: Rules) {
    if let Ok(step) = rules.step(reading.extra.as_bytes(), at, reading.extra.len()) {
        let slot = behind(step.slot, reading.text.len());
        reading.slots.push(slot);
    }
}

/// The slot's places as those behind a text of that length.
fn behind(slot: Slot, len: usize) -> Slot {
    let place = |at: u16| short(usize::from(at) + len);
    Slot { ai_at: place(slot.ai_at), value_at: place(slot.value_at), ..slot }
}

/// Gives the reading one element that is written at `at` in another form, and reports what is wrong with it.
pub(super) fn put_checked(reading: &mut Reading, ai: &str, value: &str, at: usize, rules: Rules) {
    let begin = begin_element(reading);
    if reading.text.len() + begin + ai.len() + value.len() > usize::from(u16::MAX) {
        return;
    }
    reading.extra.push_str(ai);
    reading.extra.push_str(value);
    let end = reading.extra.len();
    match rules.step(reading.extra.as_bytes(), begin, end) {
        Ok(step) if step.slot.spec().digits == ai.len() as u8 => {
            let slot = Slot { valid: step.slot.valid && step.next == end, ..step.slot };
            let slot = behind(slot, reading.text.len());
            let rest = (step.next != end).then_some(Fault { code: IssueCode::InvalidCharacter, at });
            if let Some(fault) = step.fault.or(rest) {
                report(reading, Some(&slot), Fault { at, ..fault });
            }
            reading.slots.push(slot);
        }
        _ => report(reading, None, Fault { code: IssueCode::UnknownAi, at }),
    }
}
