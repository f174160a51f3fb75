//! The symbols of one thing, judged together: a label asks for what another label of the same thing may say
//! (GS1 General Specifications 4.13), so one symbol alone is never blamed for what the next one has.

use super::gather::is_near;
use crate::barcode::{Element, IssueCode, Reading, escaped, judge};
use crate::domain::Timestamp;

/// More symbols than any thing has.
const SYMBOLS_MAX: usize = 8;

/// What does not go together and matters to the person who holds the thing.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Mismatch {
    /// What is inside a logistic unit is named (02), and nothing says how many (37).
    HowMany,
    /// Two elements that exclude each other, or one with two values.
    Both(String, String),
}

/// What was scanned of the thing in hand.
#[derive(Debug, Clone, Default)]
pub(super) struct Thing {
    readings: Vec<(Reading, Timestamp)>,
}

impl Thing {
    /// Adds a symbol; one that names a thing, contradicts what was said or comes late begins another thing.
    pub(super) fn hear(&mut self, reading: &Reading, now: Timestamp) {
        if reading.elements().len() == 0 || reading.is_hibc() {
            self.readings.clear();
            return;
        }
        let late = self.readings.last().is_some_and(|(_, at)| !is_near(*at, now));
        let another =
            |(known, _): &(Reading, Timestamp)| names_another(known, reading) || differs(known, reading);
        if late || self.readings.len() >= SYMBOLS_MAX || self.readings.iter().any(another) {
            self.readings.clear();
        }
        self.readings.push((reading.clone(), now));
    }

    /// What does not go together in all of its symbols; nothing before one of them names it.
    pub(super) fn mismatch(&self) -> Option<Mismatch> {
        let readings = || self.readings.iter().map(|(reading, _)| reading);
        if !readings().any(is_named) {
            return None;
        }
        let elements: Vec<Element<'_>> = readings().flat_map(Reading::elements).collect();
        judge(&elements).into_iter().find_map(|finding| {
            let element = elements.get(finding.element)?;
            let other = finding.other.and_then(|other| elements.get(other));
            match (finding.code, other) {
                (IssueCode::MissingCompanion, _) if element.ai == "02" => Some(Mismatch::HowMany),
                (IssueCode::MissingCompanion, _) => None,
                (_, other) => {
                    let other = other?;
                    Some(Mismatch::Both(name(other, element), name(element, other)))
                }
            }
        })
    }
}

/// "GTIN" beside another kind of element, "GTIN 0950…" beside another of its kind.
fn name(element: &Element<'_>, beside: &Element<'_>) -> String {
    match element.title == beside.title {
        true => format!("{} {}", element.title, escaped(element.value)),
        false => element.title.to_owned(),
    }
}

fn is_named(reading: &Reading) -> bool {
    reading.gtin().is_some() || reading.sscc().is_some()
}

/// Two labels with names are two things, except for a pallet's number and its content.
fn names_another(known: &Reading, new: &Reading) -> bool {
    let is_pair = |one: &Reading, other: &Reading| {
        let content_only = other.content_gtin().is_some() && other.sscc().is_none();
        one.sscc().is_some() && one.gtin().is_none() && content_only
    };
    is_named(known) && is_named(new) && !is_pair(known, new) && !is_pair(new, known)
}

/// One AI with two values, in two symbols.
fn differs(known: &Reading, new: &Reading) -> bool {
    known.elements().any(|one| new.elements().any(|other| one.ai == other.ai && one.value != other.value))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::barcode::{Profile, read};

    /// Symbols as words, `^` the separator, `+N` a pause of N seconds; what is said of the thing after each.
    fn check(symbols: &str, expected: &str) {
        let today = "2026-11-23".parse().unwrap();
        let (mut thing, mut now, mut said) = (Thing::default(), Timestamp(1_795_420_800_000), Vec::new());
        for symbol in symbols.split(' ') {
            if let Some(pause) = symbol.strip_prefix('+') {
                now = now.plus_ms(pause.parse::<i64>().unwrap() * 1000);
                continue;
            }
            let label = format!("]C1{}", symbol.replace('^', "\u{1d}"));
            thing.hear(&read(label.as_bytes(), &Profile::default(), today), now);
            said.push(match thing.mismatch() {
                None => "-".to_owned(),
                Some(Mismatch::HowMany) => "how many".to_owned(),
                Some(Mismatch::Both(one, other)) => format!("{one} and {other}"),
            });
        }
        assert_eq!(said.join(", "), expected, "{symbols}");
    }

    #[test]
    fn a_companion_may_stand_in_another_symbol() {
        check("0209506000134352 3724", "how many, -");
        check("3724 0209506000134352", "-, -");
        check("00395060000000000016 0209506000134352 10L1 3724", "-, how many, how many, -");
        check("10L1 17270630 0109506000134352", "-, -, -");
        // What waited too long, or belongs to another thing, answers for nothing.
        check("3724 +21 0209506000134352", "-, how many");
        check("0209506000134352 3724 0209506000134369", "how many, -, how many");
    }

    #[test]
    fn what_excludes_each_other_is_said_also_of_two_symbols() {
        check("0109506000134352 3724", "-, COUNT and GTIN");
        check(
            "0109506000134352^3103001250 3102000125",
            "-, NET WEIGHT (kg) 000125 and NET WEIGHT (kg) 001250",
        );
        check("010950600013435210A^10B", "BATCH/LOT A and BATCH/LOT B");
        // Another lot, another label with a name: another thing.
        check("0109506000134352 10A 10B", "-, -, -");
        check("0109506000134352 0209506000134369^3724", "-, -");
        check("0109506000134352 +21 3724", "-, -");
    }
}
