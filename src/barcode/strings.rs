//! A whole element string: elements in the label's order, their faults, and what may have got lost between
//! them.

use super::ai::Kind;
use super::element::{Fault, Rules, Slot, Step};
use super::issue::{Issue, IssueCode};
use super::lost::find_lost_separators;
use super::reading::{Meaning, Reading, Typed, grams};
use std::ops::Range;

/// Characters of the longest lot (General Specifications 3.4.1).
const LOT_CHARS_MAX: u16 = 20;

/// Errors listed for one symbol; noise would give hundreds.
const ERRORS_MAX: usize = 8;

/// Alternatives listed for one symbol.
pub(super) const CANDIDATES_MAX: usize = 4;

/// Reads `range` of the reading's text as elements, and looks for lost separators.
pub(super) fn read_elements(reading: &mut Reading, range: Range<usize>, rules: Rules) {
    walk(reading, range.clone(), rules);
    find_lost_separators(reading, &range, rules);
}

/// Reads `range` of the reading's text as elements.
pub(super) fn walk(reading: &mut Reading, range: Range<usize>, rules: Rules) {
    reading.meaning = Meaning::Elements;
    let is_gs1 = reading.symbology.is_gs1();
    // The text is read while the lists grow.
    let Reading { text, slots, errors, warnings, .. } = reading;
    let (bytes, end) = (text.as_bytes(), range.end);
    let doubled = |at, message| Issue::new(IssueCode::DoubledSeparator, at, message);
    let (mut at, leading) = rules.skip_separators(bytes, range.start, end);
    if leading > 1 || (leading > 0 && is_gs1) {
        warnings.push(doubled(range.start, "a separator stands before the first element"));
    }
    while at < end && errors.len() < ERRORS_MAX {
        let step_end = match rules.step(bytes, at, end) {
            Ok(Step { slot, next, fault }) => {
                if let Some(fault) = fault {
                    let ai =
                        text.get(usize::from(slot.ai_at)..usize::from(slot.value_at)).unwrap_or_default();
                    errors.push(Issue::new(
                        fault.code,
                        fault.at,
                        words(Some((ai, slot.spec().title)), fault),
                    ));
                }
                slots.push(slot);
                next
            }
            Err(fault) => {
                errors.push(Issue::new(fault.code, fault.at, words(None, fault)));
                // What follows the next separator can be read again.
                rules.next_separator(bytes, at, end).unwrap_or(end)
            }
        };
        let (next, separators) = rules.skip_separators(bytes, step_end, end);
        if separators > 1 {
            warnings.push(doubled(step_end, "two separators in a row"));
        }
        at = next;
    }
    if slots.is_empty() && errors.is_empty() {
        errors.push(Issue::new(IssueCode::Empty, range.start, "the symbol holds no data"));
    }
    check_repeats(reading);
    check_weight(reading);
    check_full_lot(reading);
}

pub(super) fn report(reading: &mut Reading, slot: Option<&Slot>, fault: Fault) {
    let message = words(slot.map(|slot| (reading.ai_text(slot), slot.spec().title)), fault);
    reading.error(fault.code, fault.at, message);
}

/// The fault of an element, by its AI and title, in words.
fn words(element: Option<(&str, &str)>, fault: Fault) -> String {
    let name = element.map(|(ai, title)| format!("AI {ai} ({title})"));
    let name = name.as_deref().unwrap_or("the data");
    match fault.code {
        IssueCode::UnknownAi => "no Application Identifier begins here".to_owned(),
        IssueCode::AiCutOff => "the data end within an Application Identifier".to_owned(),
        IssueCode::ValueEmpty => format!("{name} has no value"),
        IssueCode::ValueTooShort => format!("{name} ends too early"),
        IssueCode::ValueTooLong => format!("{name} is too long; a separator may be missing"),
        IssueCode::CheckDigit => format!("the check digit of {name} does not fit"),
        IssueCode::InvalidDate => format!("{name} holds no date of the calendar"),
        IssueCode::InvalidTime => format!("{name} holds no time of the day"),
        IssueCode::UnknownCode => format!("{name} holds a code that is not in its list"),
        IssueCode::InvalidValue => format!("{name} holds a value that is not allowed there"),
        _ => format!("{name} holds a character that is not allowed there"),
    }
}

/// An AI may stand twice with the same value; with another one the label contradicts itself (General Specs.
/// 4.13).
fn check_repeats(reading: &mut Reading) {
    let mut found = None;
    for (index, slot) in reading.slots.iter().enumerate() {
        let earlier = reading.slots.get(..index).unwrap_or_default();
        let differs = earlier.iter().any(|other| {
            reading.ai_text(other) == reading.ai_text(slot)
                && reading.slot_value(other) != reading.slot_value(slot)
        });
        if differs {
            found = Some((usize::from(slot.ai_at), format!("AI {} has two values", reading.ai_text(slot))));
        }
    }
    if let Some((at, message)) = found {
        reading.warn(IssueCode::RepeatedAiDiffers, at, message);
    }
}

/// What a program cuts off at the end of a field looks like a lot of the longest length, and so does a lot
/// before which somebody left the separator out because the field was full.
fn check_full_lot(reading: &mut Reading) {
    let full = |slot: &&Slot| slot.valid && slot.spec().is(10, 2) && slot.value_len == LOT_CHARS_MAX;
    let followed = reading.slots.split_last().map(|(_, before)| before).unwrap_or_default();
    if let Some(at) = followed.iter().find(full).map(|slot| usize::from(slot.ai_at)) {
        let message = "the lot has the longest length there is: it may be cut off, or hold more than the lot";
        reading.warn(IssueCode::ValueAtMaximum, at, message);
    }
}

fn check_weight(reading: &mut Reading) {
    let Some(slot) = reading.slot(3100, 4).filter(|slot| slot.spec().kind == Kind::Decimal) else { return };
    let at = usize::from(slot.value_at);
    let weight = reading.elements().find(|element| element.valid && element.ai.starts_with("310"));
    if let Some(Typed::Decimal { digits, places }) = weight.map(|element| element.typed)
        && grams(digits, places).is_none()
    {
        reading.warn(IssueCode::FractionOfGram, at, "the weight is no whole number of grams");
    }
}
