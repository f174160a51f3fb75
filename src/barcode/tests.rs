//! Labels and what they mean, as data; then what holds for any label.

use super::*;

/// What the tests take for the current day.
pub(super) fn today() -> Day {
    "2026-11-23".parse().unwrap()
}

/// Reads a label with `<GS>` for the separator.
pub(super) fn scan(label: &str) -> Reading {
    read(label.replace("<GS>", "\u{1d}").as_bytes(), &Profile::default(), today())
}

/// The meaning, then `!` with each error, `?` with each warning and `or` with each candidate.
pub(super) fn summary(reading: &Reading) -> String {
    let mut text = reading.to_string();
    for issue in reading.errors() {
        text.push_str(&format!(" !{}@{}", issue.code.as_str(), issue.at));
    }
    for issue in reading.warnings() {
        text.push_str(&format!(" ?{}", issue.code.as_str()));
    }
    for candidate in reading.candidates() {
        text.push_str(&format!(" or {}: {}", candidate.reason.as_str(), candidate.reading));
    }
    text
}

fn check(label: &str, expected: &str) {
    assert_eq!(summary(&scan(label)), expected, "{label}");
}

#[test]
fn element_strings_read_in_any_order() {
    check("]C1010950600013435217270630", "gtin 09506000134352 · expires 2027-06-30");
    check("]d2010950600013435210L2231<GS>17270630", "gtin 09506000134352 · lot L2231 · expires 2027-06-30");
    check("]Q310L2231<GS>2112345", "lot L2231 · serial 12345");
    check("]e00109506000134352", "gtin 09506000134352");
    check("]J1400PO-4711<GS>4149506000134352", "order PO-4711 · location 9506000134352");
    check("]C100395060000000000016", "sscc 395060000000000016");
}

#[test]
fn day_zero_is_the_end_of_the_month() {
    check("]d2010950600013435217270200", "gtin 09506000134352 · expires 2027-02-28");
    check("]d215271131", "(15) 271131 !invalid-date@5");
}

#[test]
fn separators_may_be_one_too_many() {
    check("]C10109506000134352<GS>17270630<GS>", "gtin 09506000134352 · expires 2027-06-30");
    check("]C110A1<GS><GS>17270630", "lot A1 · expires 2027-06-30 ?doubled-separator");
}
