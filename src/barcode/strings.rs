//! A whole element string: elements in the label's order, their faults, and what may have got lost between
//! them.

use super::ai::{Check, Kind};
use super::date::read_day;
use super::element::{Fault, Rules, Slot};
use super::issue::IssueCode;
use super::reading::{CandidateReason, Meaning, Reading, Typed, grams};
use super::table::AI_TABLE;
use crate::domain::days_between;
use std::ops::Range;

/// Errors listed for one symbol; noise would give hundreds.
const ERRORS_MAX: usize = 8;

/// Longest value that is searched for swallowed elements, in bytes; no AI allows more than 90.
const SWALLOWED_BYTES_MAX: usize = 128;

/// A date further from today than this, in days, is no evidence for a lost separator.
const DATE_DISTANCE_DAYS_MAX: u64 = 20 * 366;

/// Alternatives listed for one symbol.
pub(super) const CANDIDATES_MAX: usize = 4;

/// Reads `range` of the reading's text as elements, and looks for lost separators.
pub(super) fn read_elements(reading: &mut Reading, range: Range<usize>, rules: Rules) {
    walk(reading, range.clone(), rules);
    find_lost_separators(reading, &range, rules);
}

/// Reads `range` of the reading's text as elements.
fn walk(reading: &mut Reading, range: Range<usize>, rules: Rules) {
    reading.meaning = Meaning::Elements;
    let text = std::mem::take(&mut reading.text);
    let bytes = text.as_bytes();
    let end = range.end;
    let (mut at, leading) = rules.skip_separators(bytes, range.start, end);
    if leading > 1 || (leading > 0 && reading.symbology.is_gs1()) {
        reading.warn(IssueCode::DoubledSeparator, range.start, "a separator stands before the first element");
    }
    while at < end && reading.errors.len() < ERRORS_MAX {
        let step_end = match rules.step(bytes, at, end) {
            Ok(step) => {
                if let Some(fault) = step.fault {
                    let message = words(&text, Some(&step.slot), fault);
                    reading.error(fault.code, fault.at, message);
                }
                reading.slots.push(step.slot);
                step.next
            }
            Err(fault) => {
                reading.error(fault.code, fault.at, words(&text, None, fault));
                // What follows the next separator can be read again.
                rules.next_separator(bytes, at, end).unwrap_or(end)
            }
        };
        let (next, separators) = rules.skip_separators(bytes, step_end, end);
        if separators > 1 {
            reading.warn(IssueCode::DoubledSeparator, step_end, "two separators in a row");
        }
        at = next;
    }
    reading.text = text;
    if reading.slots.is_empty() && reading.errors.is_empty() {
        reading.error(IssueCode::Empty, range.start, "the symbol holds no data");
    }
    check_repeats(reading);
    check_weight(reading);
}

pub(super) fn report(reading: &mut Reading, slot: Option<&Slot>, fault: Fault) {
    let message = words(&reading.text, slot, fault);
    reading.error(fault.code, fault.at, message);
}

/// The fault in words; the slot lies in `text`.
fn words(text: &str, slot: Option<&Slot>, fault: Fault) -> String {
    let name = slot.map(|slot| {
        let at = usize::from(slot.ai_at);
        let ai = text.get(at..usize::from(slot.value_at)).unwrap_or_default();
        format!("AI {ai} ({})", slot.spec().title)
    });
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

/// Flags each value that may have swallowed the elements after it because their separator is missing.
///
/// In a sound value only what can hardly be chance counts: a rest that reads to its end as elements of
/// which the first is not chance ([`is_strong`]). In a broken value each reading that repairs it counts.
fn find_lost_separators(reading: &mut Reading, range: &Range<usize>, rules: Rules) {
    if rules.split.is_some() {
        return;
    }
    let mut splits: Vec<Split> = Vec::new();
    let short = |slot: &&Slot| usize::from(slot.value_len) <= SWALLOWED_BYTES_MAX;
    for slot in reading.slots.iter().filter(|slot| !slot.spec().predefined).filter(short) {
        let (from, to) = (usize::from(slot.value_at), slot.value_end());
        for place in from + 1..to {
            if slot.valid && !may_be_strong(reading.text.as_bytes(), place) {
                continue;
            }
            if let Some(weak) = swallowed(reading, slot, place, to, rules) {
                splits.push(Split { weak, place, ai_at: usize::from(slot.ai_at) });
            }
        }
    }
    splits.sort_by_key(|split| split.weak);
    for Split { place, ai_at, .. } in splits.into_iter().take(CANDIDATES_MAX) {
        let mut other = reading.again(Meaning::Elements);
        walk(&mut other, range.clone(), Rules { split: Some(place), ..rules });
        if !other.is_ok() && reading.is_ok() {
            continue;
        }
        if !reading.warns(IssueCode::LostSeparator) {
            let message = "a separator may be missing: the value may hold the next element";
            reading.warn(IssueCode::LostSeparator, ai_at, message);
        }
        reading.offer(CandidateReason::LostSeparator, other);
    }
}

/// A place where a separator may have got lost.
#[derive(Debug)]
struct Split {
    /// True where what follows can be chance.
    weak: bool,
    place: usize,
    /// Where the element begins that goes on too long.
    ai_at: usize,
}

/// Whether what follows `place` within the slot's value reads as further elements of the label, and if that
/// is weak.
fn swallowed(reading: &Reading, slot: &Slot, place: usize, to: usize, rules: Rules) -> Option<bool> {
    let text = reading.text.as_bytes();
    // Cheap refusals first: this runs for each character of each lot number.
    let first = rules.step(text, place, to).ok().filter(|step| step.fault.is_none())?;
    let weak = !is_strong(reading, &first.slot);
    if slot.valid && weak {
        return None;
    }
    let swallowed = rules.clean(text, place, to)?;
    let known = |other: &Slot| reading.slots.iter().any(|slot| slot.row == other.row);
    if swallowed.iter().any(known) {
        return None;
    }
    let shorter = Rules { split: Some(place), ..rules }.step(text, usize::from(slot.ai_at), to).ok()?;
    (shorter.fault.is_none() && shorter.next == place).then_some(weak)
}

/// Which two first digits an AI has whose elements [`is_strong`] may take for more than chance.
static STRONG: [bool; 100] = strong();

#[allow(clippy::indexing_slicing, reason = "runs in the compiler only: a bad table does not compile")]
const fn strong() -> [bool; 100] {
    let mut strong = [false; 100];
    let mut index = 0;
    while index < AI_TABLE.len() {
        let spec = &AI_TABLE[index];
        let scale = match spec.digits {
            2 => 1,
            3 => 10,
            _ => 100,
        };
        let mut part = 0;
        while part < spec.parts.len() {
            if matches!(spec.parts[part].main_check(), Check::Mod10 | Check::Date | Check::DateOrMonth) {
                strong[spec.first as usize / scale] = true;
            }
            part += 1;
        }
        index += 1;
    }
    // Net weight; see `is_strong`.
    strong[31] = true;
    strong
}

/// False where no element that [`is_strong`] begins: most places of a lot number cost one look.
fn may_be_strong(text: &[u8], place: usize) -> bool {
    let Some(&[tens, ones]) = text.get(place..place + 2) else { return false };
    let lead = usize::from(tens.wrapping_sub(b'0')) * 10 + usize::from(ones.wrapping_sub(b'0'));
    tens.is_ascii_digit() && ones.is_ascii_digit() && STRONG.get(lead) == Some(&true)
}

/// True for an element that can hardly be read by chance: a date not far off, a check digit, a net weight.
fn is_strong(reading: &Reading, slot: &Slot) -> bool {
    let spec = slot.spec();
    if spec.parts.iter().any(|part| part.main_check() == Check::Mod10) || spec.is(3100, 4) {
        return true;
    }
    spec.parts.first().is_some_and(|part| {
        let digits = reading.slot_value(slot).get(..usize::from(part.max)).unwrap_or_default();
        let near = |day| days_between(reading.today, day).unsigned_abs() <= DATE_DISTANCE_DAYS_MAX;
        let check = part.main_check();
        matches!(check, Check::Date | Check::DateOrMonth)
            && read_day(digits.as_bytes(), check, reading.today).is_some_and(near)
    })
}
