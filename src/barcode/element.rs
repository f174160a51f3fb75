//! One element of a GS1 element string: AI, value, separator (General Specifications 7.8).

use super::ai::{AI_DIGITS_MAX, AiSpec, Charset, Check, Lookup, Part, lookup, spec};
use super::check::broken;
use super::issue::IssueCode;
use super::profile::Profile;
use super::slots::Slots;
use crate::domain::Day;

/// An element as places in the reading's text.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) struct Slot {
    pub row: u16,
    pub ai_at: u16,
    pub value_at: u16,
    pub value_len: u16,
    /// False where the value breaks a rule of its AI.
    pub valid: bool,
}

impl Slot {
    pub(super) fn spec(&self) -> &'static AiSpec {
        spec(self.row)
    }

    pub(super) fn value_end(&self) -> usize {
        usize::from(self.value_at) + usize::from(self.value_len)
    }
}

/// A rule that is broken, and where.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Fault {
    pub code: IssueCode,
    pub at: usize,
}

/// One element read, and where the next one begins (before its separators).
#[derive(Debug, Clone, Copy)]
pub(super) struct Step {
    pub slot: Slot,
    pub next: usize,
    pub fault: Option<Fault>,
}

/// How element strings of one symbol are read.
#[derive(Debug, Clone, Copy)]
pub(super) struct Rules<'a> {
    pub profile: &'a Profile,
    pub today: Day,
    /// A place where a separator is taken to be missing.
    pub split: Option<usize>,
}

impl Rules<'_> {
    /// Reads the element at `at` of `text[..end]`; an AI that cannot be read is the error.
    pub(super) fn step(&self, text: &[u8], at: usize, end: usize) -> Result<Step, Fault> {
        let here = text.get(at..end).unwrap_or_default();
        let row = match lookup(here.get(..AI_DIGITS_MAX).unwrap_or(here)) {
            Lookup::Row(row) => row,
            Lookup::CutOff => return Err(Fault { code: IssueCode::AiCutOff, at }),
            Lookup::Unknown(_) => return Err(Fault { code: IssueCode::UnknownAi, at }),
        };
        let found = spec(row);
        let value_at = at + usize::from(found.digits);
        let value_end = self.value_end(found, text, value_at, end);
        let value = text.get(value_at..value_end).unwrap_or_default();
        let fault = check_value(found, value, self.today)
            .map(|fault| Fault { code: fault.code, at: value_at + fault.at });
        let slot = Slot {
            row,
            ai_at: short(at),
            value_at: short(value_at),
            value_len: short(value_end.saturating_sub(value_at)),
            valid: fault.is_none(),
        };
        Ok(Step { slot, next: value_end, fault })
    }

    /// Where the value ends: after its predefined length, or at the next separator.
    fn value_end(&self, found: &AiSpec, text: &[u8], value_at: usize, end: usize) -> usize {
        let fixed_end = (value_at + usize::from(found.max)).min(end);
        if found.predefined {
            let value = text.get(value_at..fixed_end).unwrap_or_default();
            // A separator inside means that the value was cut short: better to lose one element than all
            // that follow.
            return value
                .iter()
                .position(|byte| !byte.is_ascii_digit())
                .map(|offset| value_at + offset)
                .filter(|&place| self.profile.separator_len(text.get(place..end).unwrap_or_default()) > 0)
                .unwrap_or(fixed_end);
        }
        let stop = self.split.filter(|&split| split > value_at && split < end).unwrap_or(end);
        let rest = text.get(value_at..stop).unwrap_or_default();
        let tail = text.get(..end).unwrap_or_default();
        (value_at..value_at + rest.len())
            .find(|&place| self.profile.separator_len(tail.get(place..).unwrap_or_default()) > 0)
            .unwrap_or(stop)
    }

    /// Skips separators at `at`; the place after them, and how many there were.
    pub(super) fn skip_separators(&self, text: &[u8], mut at: usize, end: usize) -> (usize, usize) {
        let mut count = 0;
        loop {
            match self.profile.separator_len(text.get(at..end).unwrap_or_default()) {
                0 => return (at, count),
                len => {
                    at += len;
                    count += 1;
                }
            }
        }
    }

    /// Where the next separator begins, from `at` on.
    pub(super) fn next_separator(&self, text: &[u8], at: usize, end: usize) -> Option<usize> {
        (at..end).find(|&place| self.profile.separator_len(text.get(place..end).unwrap_or_default()) > 0)
    }

    /// The rows of `text[at..end]` where all of it reads as valid elements.
    pub(super) fn clean(&self, text: &[u8], mut at: usize, end: usize) -> Option<Slots> {
        let mut slots = Slots::default();
        while at < end {
            let step = self.step(text, at, end).ok().filter(|step| step.fault.is_none())?;
            slots.push(step.slot);
            (at, _) = self.skip_separators(text, step.next, end);
        }
        (!slots.is_empty()).then_some(slots)
    }
}

/// Texts are at most a few KiB; see `INPUT_BYTES_MAX`.
pub(super) fn short(place: usize) -> u16 {
    u16::try_from(place).unwrap_or(u16::MAX)
}

/// The first rule that `value` breaks, with its offset in the value.
pub(super) fn check_value(found: &AiSpec, value: &[u8], today: Day) -> Option<Fault> {
    if value.is_empty() {
        return Some(Fault { code: IssueCode::ValueEmpty, at: 0 });
    }
    let mut at = 0;
    for part in found.parts {
        let rest = value.get(at..).unwrap_or_default();
        if part.optional && rest.is_empty() {
            break;
        }
        let held = rest.get(..usize::from(part.max)).unwrap_or(rest);
        if let Some(fault) = check_part(part, held, today) {
            return Some(Fault { code: fault.code, at: at + fault.at });
        }
        at += held.len();
    }
    (at < value.len()).then_some(Fault { code: IssueCode::ValueTooLong, at })
}

pub(super) fn check_part(part: &Part, held: &[u8], today: Day) -> Option<Fault> {
    if let Some(at) = held.iter().position(|&byte| !part.charset.holds(byte)) {
        return Some(Fault { code: IssueCode::InvalidCharacter, at });
    }
    if held.len() < usize::from(part.min) {
        return Some(Fault { code: IssueCode::ValueTooShort, at: held.len() });
    }
    if part.charset == Charset::Cset64
        && let Some(at) = held.iter().position(|&byte| byte == b'=')
    {
        // One or two signs fill the last group of three, and nothing follows them.
        let padding = held.get(at..).unwrap_or_default();
        let fits =
            padding.len() <= 2 && held.len().is_multiple_of(3) && padding.iter().all(|&byte| byte == b'=');
        return (!fits).then_some(Fault { code: IssueCode::InvalidCharacter, at });
    }
    part.checks
        .iter()
        .take_while(|check| **check != Check::None)
        .find_map(|check| broken(*check, held, today))
}
