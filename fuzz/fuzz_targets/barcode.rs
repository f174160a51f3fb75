//! Any bytes give a reading, and what a reading says holds together.
#![no_main]

use firstout::barcode::{INPUT_BYTES_MAX, Profile, Reading, judge, read, read_typed, symbols, unlikely};
use firstout::domain::Day;
use libfuzzer_sys::fuzz_target;
use std::sync::LazyLock;

static PROFILES: LazyLock<[Profile; 3]> = LazyLock::new(|| {
    let german = [('y', 'z'), ('z', 'y'), ('Y', 'Z'), ('Z', 'Y'), ('+', ']'), ('ü', '['), ('ß', '-')];
    let odd = Profile::bare().with_separator("F8").with_prefix("~").with_suffix("#").with_keys(&german);
    [Profile::default(), Profile::bare().with_caps_lock(true), odd]
});

fn ask(reading: &Reading, depth: u32) {
    let len = reading.raw().len();
    for issue in reading.errors().iter().chain(reading.warnings()) {
        assert!(issue.at <= len, "{issue:?} of {len}");
    }
    let elements: Vec<_> = reading.elements().collect();
    for element in &elements {
        assert!(element.at <= len && (element.valid || !reading.is_ok()));
    }
    let _ = (judge(&elements), reading.to_string(), reading.gtin(), reading.lot(), reading.serial());
    let _ =
        (reading.expiry(), reading.produced(), reading.best_before(), reading.weight_g(), reading.count());
    assert!(depth == 0 || reading.candidates().is_empty());
    assert!(reading.candidates().len() <= 8);
    reading.candidates().iter().for_each(|candidate| ask(&candidate.reading, depth + 1));
}

fuzz_target!(|bytes: &[u8]| {
    let today = Day::from_ymd_opt(2026, 11, 23).unwrap_or_default();
    for profile in PROFILES.iter() {
        let reading = read(bytes, profile, today);
        assert_eq!(reading.raw(), &bytes[..bytes.len().min(INPUT_BYTES_MAX)]);
        ask(&reading, 0);
        unlikely(&reading, profile).iter().for_each(|candidate| ask(&candidate.reading, 1));
        ask(&read_typed(bytes, profile, today), 0);
        assert_eq!(symbols(bytes, profile).concat(), bytes);
    }
});
