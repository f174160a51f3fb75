//! Bytes of one symbol → a reading: what the label says, and what is doubtful about it.
//!
//! The scan is the product's hand, so this module never guesses in silence: a value that may have swallowed
//! the next one is flagged with the alternative, digits that can be two things come with both, and whatever
//! cannot be read says why. The rules are those of the GS1 General Specifications; the AIs are a table
//! (`table.rs`), so that a new one is a row.

mod ai;
mod burst;
mod calibrate;
mod check;
mod companions;
mod date;
mod element;
mod envelope;
mod health;
mod hibc;
mod identifiers;
mod issue;
mod keyboard;
mod link;
mod lost;
mod plain;
mod profile;
mod profile_file;
mod reading;
mod show;
mod slots;
mod strings;
mod symbology;
mod table;
mod trade;
mod typed;

#[cfg(test)]
mod corpus;
#[cfg(test)]
mod formats;
#[cfg(test)]
mod oracle;
#[cfg(test)]
mod properties;
#[cfg(test)]
mod tests;

pub use burst::symbols;
pub use calibrate::{Calibration, SYMBOLS as CALIBRATION_SYMBOLS, Trouble, calibrate, is_symbol};
pub use companions::{Finding, judge};
pub use issue::{Issue, IssueCode};
pub use lost::unlikely;
pub use profile::{LocalKind, Profile};
pub use profile_file::ProfileError;
pub use reading::{Candidate, CandidateReason, Element, Reading, Typed};
pub use show::escaped;
pub use symbology::Symbology;
pub use typed::read_typed;

use crate::domain::Day;
use element::Rules;
use keyboard::Swapped;
use reading::Meaning;
use std::borrow::Cow;
use std::sync::Arc;
use symbology::identify;

/// Longest scan that is read, in bytes; no symbol carries more than 2,953 bytes (QR Code 40-L).
pub const INPUT_BYTES_MAX: usize = 4096;
// Places in the text, which may be twice as long as Latin-1 and hold one more element, are kept in 16 bits.
const _: () = assert!(2 * INPUT_BYTES_MAX + 128 < u16::MAX as usize);

/// Room for one element of a number that is written without its AI.
const ELEMENT_BYTES: usize = 24;

/// Reads the bytes of one symbol as the scanner sent them, with or without symbology identifier.
///
/// It is total: any bytes give a reading, which says itself whether it can be relied on. Two-digit years
/// are taken against `today`.
#[must_use]
pub fn read(bytes: &[u8], profile: &Profile, today: Day) -> Reading {
    let mut reading = open(bytes, profile, today);
    if !reading.is_ok() {
        return reading;
    }
    let rules = Rules { profile, today, split: None };
    if reading.data().is_empty() {
        let at = reading.body.start;
        reading.error(IssueCode::Empty, at, "the scan is empty");
    } else if reading.symbology.is_gs1() {
        let range = reading.body.clone();
        strings::read_elements(&mut reading, range, rules);
        if reading.slots.is_empty() {
            plain::offer_text(&mut reading);
        }
    } else if reading.symbology.is_trade() {
        trade::read_trade(&mut reading, rules);
    } else {
        plain::read_plain(&mut reading, rules);
    }
    finish(&mut reading, profile);
    reading
}

/// What is looked at once everything else is known.
fn finish(reading: &mut Reading, profile: &Profile) {
    health::check_days(reading, profile);
    place_issues(reading);
}

/// Takes the bytes in, finds the symbology and the data.
fn open(bytes: &[u8], profile: &Profile, today: Day) -> Reading {
    let kept = bytes.get(..INPUT_BYTES_MAX).unwrap_or(bytes);
    let (mut text, mut source): (Arc<str>, Option<Box<[u8]>>) = match std::str::from_utf8(kept) {
        Ok(text) => (text.into(), None),
        // What scanners send is Latin-1 unless the symbol says otherwise (ISO/IEC 15424, default ECI 3).
        Err(_) => {
            let latin: String = kept.iter().map(|&byte| char::from(byte)).collect();
            (latin.into(), Some(Box::from(kept)))
        }
    };
    let is_latin = source.is_some();
    let (restored, swapped) = profile.keyboard.restore(&text);
    if let Cow::Owned(restored) = restored {
        source = Some(Box::from(kept));
        text = restored.into();
    }
    let body = profile.body(&text);
    let (symbology, identifier_len) = identify(body.as_bytes());
    let data = body.get(identifier_len..).unwrap_or(body);
    let start = data.as_ptr().addr() - text.as_ptr().addr();
    let mut reading = Reading {
        body: start..start + data.len(),
        text,
        extra: String::new(),
        bytes: source,
        symbology,
        meaning: Meaning::Text,
        local: None,
        slots: slots::Slots::default(),
        errors: Vec::new(),
        warnings: Vec::new(),
        candidates: Vec::new(),
        today,
    };
    if bytes.len() > INPUT_BYTES_MAX {
        let message = format!("a scan of {} bytes; no symbol holds more than {INPUT_BYTES_MAX}", bytes.len());
        reading.error(IssueCode::InputTooLong, INPUT_BYTES_MAX, message);
    }
    if is_latin && reading.is_ok() {
        reading.warn(IssueCode::NotUtf8, 0, "the bytes are not UTF-8; they were taken for Latin-1");
    }
    if swapped == Swapped::ByIdentifier {
        reading.warn(IssueCode::CaseSwapped, 0, "Caps Lock seems to be on; letters were swapped back");
    }
    reading
}

/// Turns places in a text that is not the bytes into places in the bytes: one character was one character.
fn place_issues(reading: &mut Reading) {
    let Some(bytes) = &reading.bytes else { return };
    for issue in reading.errors.iter_mut().chain(&mut reading.warnings) {
        issue.at = place_in(bytes, &reading.text, issue.at);
    }
    for candidate in &mut reading.candidates {
        place_issues(&mut candidate.reading);
    }
}

/// Where the character at `at` of `text` stands in the bytes it was made from.
fn place_in(bytes: &[u8], text: &str, at: usize) -> usize {
    let chars = text.get(..at).unwrap_or(text).chars().count();
    let offset = |text: &str| text.char_indices().nth(chars).map_or(text.len(), |(offset, _)| offset);
    std::str::from_utf8(bytes).map_or(chars.min(bytes.len()), offset)
}
