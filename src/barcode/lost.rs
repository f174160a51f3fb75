//! Separators that got lost: which values may have swallowed the next element, and how much speaks for it.
//!
//! A printer or a scanner that drops the separator after a lot gives a longer lot and no error, so this is
//! the one fault of a label that nothing else shows. Too much doubt is no better: a clerk who is asked at
//! each third box stops reading the question. So there are two levels, with the limits below, and
//! `corpus.rs` measures both on ordinary labels.

use super::ai::Check;
use super::companions::asks_for;
use super::date::read_day;
use super::element::{Rules, Slot};
use super::issue::IssueCode;
use super::profile::{GS, Profile};
use super::reading::{Candidate, CandidateReason, Meaning, Reading};
use super::strings::{CANDIDATES_MAX, walk};
use super::table::AI_TABLE;
use crate::domain::days_between;
use std::ops::Range;

/// Longest value that is searched, in bytes; no AI allows more than 90.
const SWALLOWED_BYTES_MAX: usize = 128;

/// A date further from today than this, in days, is no evidence.
const DATE_DISTANCE_DAYS_MAX: u64 = 20 * 366;

/// Ordinary lots and references have no more characters than this; in a longer one less evidence is enough.
const TEXT_CHARS_USUAL: u16 = 16;

/// Ordinary counts have no more digits than this.
const COUNT_DIGITS_USUAL: u16 = 4;

/// What stays of an ordinary value has at least so many characters where the evidence is weak.
const REST_CHARS_MIN: usize = 4;

/// A swallowed lot, serial or reference has at least so many characters where the evidence is weak.
const SWALLOWED_CHARS_MIN: u16 = 5;

/// What stays of a value has at least so many characters in the likelier of the unlikely readings.
const UNLIKELY_REST_CHARS_MIN: usize = 3;

/// Unlikely readings listed for one symbol.
pub(super) const UNLIKELY_MAX: usize = 8;

/// What labels often carry after a lot and what nothing but its place shows: AI and its number of digits, the
/// less likely by chance and the more usual ones first.
const FOLLOWERS: [(u16, u8); 10] =
    [(422, 3), (240, 3), (241, 3), (250, 3), (400, 3), (21, 2), (37, 2), (30, 2), (10, 2), (22, 2)];

/// How much speaks for a lost separator, the most first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Evidence {
    /// What follows can hardly be chance, or the label asks for it.
    Strong,
    /// What follows often stands there.
    Weak,
    /// Nothing but that it reads; enough where the value is broken anyway.
    Repair,
}

/// A place where a separator may have got lost.
#[derive(Debug)]
struct Split {
    evidence: Evidence,
    /// The value before it has the longest length of its AI: a separator left out because the field is full.
    is_full: bool,
    /// The place among [`FOLLOWERS`] of what follows.
    rank: usize,
    place: usize,
    /// Where the element begins that goes on too long.
    ai_at: usize,
}

/// Flags each value that may have swallowed the elements after it because their separator is missing.
///
/// Each way to read the label with the separator is a candidate, the one with the best evidence first.
pub(super) fn find_lost_separators(reading: &mut Reading, range: &Range<usize>, rules: Rules) {
    if rules.split.is_some() {
        return;
    }
    let mut splits: Vec<Split> = Vec::new();
    let short = |slot: &&Slot| usize::from(slot.value_len) <= SWALLOWED_BYTES_MAX;
    for slot in reading.slots.iter().filter(|slot| !slot.spec().predefined).filter(short) {
        let (from, to) = (usize::from(slot.value_at), slot.value_end());
        for place in from + 1..to {
            if slot.valid && !reading.text.as_bytes().get(place..to).is_some_and(may_begin) {
                continue;
            }
            if let Some((evidence, first)) = swallowed(reading, slot, place, to, rules) {
                let is_full = place - from == usize::from(slot.spec().max);
                let rank = rank(&first).unwrap_or(FOLLOWERS.len());
                splits.push(Split { evidence, is_full, rank, place, ai_at: usize::from(slot.ai_at) });
            }
        }
    }
    splits.sort_by_key(|split| (split.evidence, !split.is_full, split.rank, split.place));
    let is_sound = reading.is_ok();
    let room = CANDIDATES_MAX.saturating_sub(reading.candidates.len());
    for Split { evidence, place, ai_at, .. } in splits.into_iter().take(room) {
        let mut other = reading.again(Meaning::Elements);
        walk(&mut other, range.clone(), Rules { split: Some(place), ..rules });
        if !other.is_ok() && is_sound {
            continue;
        }
        let weak = is_sound && evidence != Evidence::Strong;
        warn(reading, ai_at, weak);
        let reason =
            if weak { CandidateReason::PossibleLostSeparator } else { CandidateReason::LostSeparator };
        reading.offer(reason, other);
    }
}

/// Every other way to read the label with one more separator, where nothing but that it reads speaks for it.
///
/// Ordinary lots read so by chance all the time, so neither a warning nor a question follows from it alone. But where
/// a lot is not known and one of these lots is, the label has most likely lost its separator. Lots of three characters
/// and more come first; what [`Reading::candidates`] has already is left out.
#[must_use]
pub fn unlikely(reading: &Reading, profile: &Profile) -> Vec<Candidate> {
    let rules = Rules { profile, today: reading.today, split: None };
    let mut places = Vec::new();
    let in_scan = |slot: &&Slot| !slot.spec().predefined && slot.value_end() <= reading.body.end;
    for slot in reading.slots.iter().filter(in_scan).filter(|_| reading.is_ok()) {
        let (from, to) = (usize::from(slot.value_at), slot.value_end());
        let found = (from + 1..to).filter(|&place| splits_at(reading, slot, place, to, rules).is_some());
        places.extend(found.map(|place| (place - from < UNLIKELY_REST_CHARS_MIN, place)));
    }
    places.sort_unstable();
    let read_again = |(_, place): (bool, usize)| {
        let mut other = reading.again(Meaning::Elements);
        walk(&mut other, envelope_at(reading, place), Rules { split: Some(place), ..rules });
        let known = reading.candidates.iter().any(|candidate| candidate.reading.slots == other.slots);
        let reason = CandidateReason::UnlikelyLostSeparator;
        (other.is_ok() && !known).then_some(Candidate { reason, reading: other })
    };
    places.into_iter().filter_map(read_again).take(UNLIKELY_MAX).collect()
}

/// The element string that holds the place: all data, or one envelope of an ISO/IEC 15434 message.
fn envelope_at(reading: &Reading, place: usize) -> Range<usize> {
    const RS: char = '\u{1e}';
    let body = reading.body.clone();
    let (before, after) = (reading.text.get(body.start..place), reading.text.get(place..body.end));
    let (Some(before), Some(after)) = (before, after) else { return body };
    let Some(begin) = before.rfind(RS) else { return body };
    // `RS 05 GS`, or `RS 05` where somebody left the separator out.
    let begin = body.start + begin + 3;
    let gs = usize::from(reading.text.as_bytes().get(begin) == Some(&GS));
    begin + gs..place + after.find(RS).unwrap_or(after.len())
}

/// One warning for each label; a weak one says nothing new after a strong one.
fn warn(reading: &mut Reading, at: usize, weak: bool) {
    if reading.warns(IssueCode::LostSeparator) || reading.warns(IssueCode::PossibleLostSeparator) {
        return;
    }
    if weak {
        let message = "the end of the value reads as another element, perhaps by chance";
        reading.warn(IssueCode::PossibleLostSeparator, at, message);
    } else {
        let message = "a separator may be missing: the value may hold the next element";
        reading.warn(IssueCode::LostSeparator, at, message);
    }
}

/// What speaks for it that an element of the label begins at `place` within the slot's value; `None` where
/// nothing does.
fn swallowed(
    reading: &Reading,
    slot: &Slot,
    place: usize,
    to: usize,
    rules: Rules,
) -> Option<(Evidence, Slot)> {
    let first = first_at(reading, place, to, rules)?;
    let evidence = evidence(reading, slot, &first);
    if slot.valid && evidence == Evidence::Repair {
        return None;
    }
    reads_on(reading, slot, place, to, rules).then_some((evidence, first))
}

/// An element that begins at `place` within the slot's value, whatever speaks for it.
fn splits_at(reading: &Reading, slot: &Slot, place: usize, to: usize, rules: Rules) -> Option<Slot> {
    let first = first_at(reading, place, to, rules)?;
    reads_on(reading, slot, place, to, rules).then_some(first)
}

/// The valid element that `place` begins; cheap, for this runs for each character of each lot number.
fn first_at(reading: &Reading, place: usize, to: usize, rules: Rules) -> Option<Slot> {
    let text = reading.text.as_bytes();
    let first = rules.step(text, place, to).ok().filter(|step| step.fault.is_none())?.slot;
    let known = reading.slots.iter().any(|slot| slot.row == first.row);
    (!known).then_some(first)
}

/// True where all of the value from `place` on reads as new elements, and the value before it still stands.
fn reads_on(reading: &Reading, slot: &Slot, place: usize, to: usize, rules: Rules) -> bool {
    let text = reading.text.as_bytes();
    let known = |other: &Slot| reading.slots.iter().any(|slot| slot.row == other.row);
    let fits = rules.clean(text, place, to).is_some_and(|swallowed| !swallowed.iter().any(known));
    let shorter = || Rules { split: Some(place), ..rules }.step(text, usize::from(slot.ai_at), to).ok();
    fits && shorter().is_some_and(|step| step.fault.is_none() && step.next == place)
}

fn evidence(reading: &Reading, slot: &Slot, first: &Slot) -> Evidence {
    if is_no_chance(reading, first) {
        return Evidence::Strong;
    }
    if rank(first).is_none() {
        return Evidence::Repair;
    }
    let usual = has_usual_value(reading, first);
    if usual && is_asked_for(reading, first) {
        Evidence::Strong
    } else if is_long(slot) || (usual && rest_len(slot, first) >= REST_CHARS_MIN) {
        Evidence::Weak
    } else {
        Evidence::Repair
    }
}

fn is_asked_for(reading: &Reading, first: &Slot) -> bool {
    let sound = reading.slots.iter().filter(|slot| slot.valid);
    let present: Vec<&str> = sound.map(|slot| reading.ai_text(slot)).collect();
    asks_for(&present, reading.ai_text(first))
}

fn rank(slot: &Slot) -> Option<usize> {
    FOLLOWERS.iter().position(|&(ai, digits)| slot.spec().is(ai, digits))
}

/// True for an element that can hardly be read by chance: a date not far off, a check digit, a net weight.
fn is_no_chance(reading: &Reading, slot: &Slot) -> bool {
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

/// Longer than values of its AI usually are. Serial numbers often fill their AI, so none is too long.
fn is_long(slot: &Slot) -> bool {
    let spec = slot.spec();
    if spec.is(30, 2) || spec.is(37, 2) {
        slot.value_len > COUNT_DIGITS_USUAL
    } else {
        slot.value_len > TEXT_CHARS_USUAL && !spec.is(21, 2)
    }
}

/// A count without leading zeros that is no wonder, a lot or reference that is not too short.
fn has_usual_value(reading: &Reading, slot: &Slot) -> bool {
    let spec = slot.spec();
    if spec.is(30, 2) || spec.is(37, 2) {
        slot.value_len <= COUNT_DIGITS_USUAL && !reading.slot_value(slot).starts_with('0')
    } else {
        slot.value_len >= SWALLOWED_CHARS_MIN || spec.is(422, 3)
    }
}

fn rest_len(slot: &Slot, first: &Slot) -> usize {
    usize::from(first.ai_at.saturating_sub(slot.value_at))
}

/// Of AIs for which more than chance can speak: by their first two digits how long an element is at least,
/// in bytes; 0 where there is none.
static LEADS: [u8; 100] = leads();

#[allow(clippy::indexing_slicing, reason = "runs in the compiler only: a bad table does not compile")]
const fn leads() -> [u8; 100] {
    let mut leads = [0; 100];
    let mut index = 0;
    while index < AI_TABLE.len() {
        let spec = &AI_TABLE[index];
        // Net weight; see `is_no_chance`.
        let mut counts = spec.first == 3100;
        let mut len = spec.digits;
        let mut part = 0;
        while part < spec.parts.len() {
            if matches!(spec.parts[part].main_check(), Check::Mod10 | Check::Date | Check::DateOrMonth) {
                counts = true;
            }
            if !spec.parts[part].optional {
                len += spec.parts[part].min;
            }
            part += 1;
        }
        let mut follower = 0;
        while follower < FOLLOWERS.len() {
            let (ai, digits) = FOLLOWERS[follower];
            counts |= spec.first == ai && spec.digits == digits;
            follower += 1;
        }
        let lead = lead(spec.first, spec.digits);
        if counts && (leads[lead] == 0 || len < leads[lead]) {
            leads[lead] = len;
        }
        index += 1;
    }
    leads
}

/// The first two digits of an AI.
const fn lead(ai: u16, digits: u8) -> usize {
    let scale = match digits {
        2 => 1,
        3 => 10,
        _ => 100,
    };
    ai as usize / scale
}

/// False where no element begins for which more than chance can speak: most places of a lot number cost one
/// look.
fn may_begin(rest: &[u8]) -> bool {
    let &[tens, ones, ..] = rest else { return false };
    let lead = usize::from(tens.wrapping_sub(b'0')) * 10 + usize::from(ones.wrapping_sub(b'0'));
    let digits = tens.is_ascii_digit() && ones.is_ascii_digit();
    digits && LEADS.get(lead).is_some_and(|&len| len > 0 && usize::from(len) <= rest.len())
}
