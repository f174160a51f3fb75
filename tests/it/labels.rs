//! What the demo prints is what the reader reads.

use firstout::barcode::{LocalKind, Profile, Reading, read};
use firstout::demo::{labels, warehouse};
use firstout::domain::Day;
use firstout::exchange::Label;

fn today() -> Day {
    "2026-11-23".parse().unwrap()
}

fn scan(text: &str) -> Reading {
    read(text.as_bytes(), &Profile::default(), today())
}

/// The label's fields as printed below the bars: `(01)09506000134352(10)L1`, or the code itself.
fn printed(reading: &Reading) -> String {
    match reading.text() {
        Some(text) => text.to_owned(),
        None => reading.elements().map(|element| format!("({}){}", element.ai, element.value)).collect(),
    }
}

fn check(label: &Label, text: &str) {
    let reading = scan(text);
    assert!(reading.is_ok() && reading.warnings().is_empty(), "{text:?} {:?}", reading.errors());
    assert_eq!(printed(&reading), label.human_readable.replace(") ", ")").replace(" (", "("), "{text:?}");
}

#[test]
fn every_label_of_the_demo_reads_without_a_doubt() {
    let labels = labels(&warehouse(1, today()));
    assert!(labels.len() > 20);
    for label in &labels {
        check(label, &label.scan_text);
        // A scanner set up by nobody sends no symbology identifier.
        check(label, label.data());
    }
}

#[test]
fn badges_are_known_by_their_form() {
    for user in warehouse(1, today()).users {
        assert_eq!(scan(&user.badge).local_kind(), Some(LocalKind::Badge), "{}", user.badge);
    }
}
