//! What a person types from the line below the bars: `(01)09506000134352(10)L2231`. The brackets are those of human readable
//! interpretation (General Specifications 4.14); no symbol holds them.

use super::ai::{Lookup, lookup, spec};
use super::element::Rules;
use super::profile::Profile;
use super::reading::{Meaning, Reading};
use super::trade::put_checked;
use super::{finish, open, read};
use crate::domain::Day;

/// Reads a code that a person typed: AIs may stand in brackets. Anything else is read as a scan.
///
/// A bracket within a value begins an AI only where a known one stands in it.
#[must_use]
pub fn read_typed(bytes: &[u8], profile: &Profile, today: Day) -> Reading {
    let mut reading = open(bytes, profile, today);
    if !reading.is_ok() || next_ai(reading.data()).is_none_or(|(at, _)| at > 0) {
        return read(bytes, profile, today);
    }
    reading.meaning = Meaning::Elements;
    let rules = Rules { profile, today, split: None };
    let text = reading.data().to_owned();
    let start = reading.body.start;
    let (mut at, mut rest) = (0, text.as_str());
    while let Some((_, ai)) = next_ai(rest) {
        let value_at = ai.len() + 2;
        let value = rest.get(value_at..).unwrap_or_default();
        let len = next_ai(value).map_or(value.len(), |(next, _)| next);
        let value = value.get(..len).unwrap_or_default();
        put_checked(&mut reading, ai, value.trim(), start + at + value_at, rules);
        at += value_at + len;
        rest = rest.get(value_at + len..).unwrap_or_default();
    }
    finish(&mut reading, profile);
    reading
}

/// Where the next AI in brackets begins, and the AI.
fn next_ai(text: &str) -> Option<(usize, &str)> {
    text.match_indices('(').find_map(|(at, _)| {
        let (ai, _) = text.get(at + 1..)?.split_once(')')?;
        match lookup(ai.as_bytes()) {
            Lookup::Row(row) if usize::from(spec(row).digits) == ai.len() => Some((at, ai)),
            _ => None,
        }
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::barcode::tests::{summary, today};

    fn check(text: &str, expected: &str) {
        assert_eq!(summary(&read_typed(text.as_bytes(), &Profile::default(), today())), expected, "{text}");
    }

    #[test]
    fn brackets_hold_ais_where_it_was_typed() {
        check(
            "(01)09506000134352(10)L2231(17)270630",
            "gtin 09506000134352 · lot L2231 · expires 2027-06-30",
        );
        check("(01) 09506000134352 (10) A(1)B", "gtin 09506000134352 · lot A(1)B");
        check("(10)A(21)B", "lot A · serial B");
        check("(01)09506000134353", "(01) 09506000134353 !check-digit@4");
        check("A-03-2", "text A-03-2");
        check("(99)", "(99)  !value-empty@4");
        assert_eq!(read(b"(10)A", &Profile::default(), today()).text(), Some("(10)A"));
    }
}
