//! What is true of any scan and of any valid label.

use super::ai::{AiSpec, Charset, Check, Part};
use super::table::AI_TABLE;
use super::tests::today;
use super::*;
use crate::domain::check_digit;
use proptest::prelude::*;

/// Characters of both sets 82 and 39, which any text part takes.
const LETTERS: &[u8] = b"0123456789ABCDEFGHJKLMNPQRSTUVWXYZ-";

/// Digits of a seed, one bounded number after the other.
struct Dice(u64);

impl Dice {
    fn roll(&mut self, bound: usize) -> usize {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        usize::try_from(self.0 >> 33).unwrap() % bound
    }
}

/// A valid value of one part, made from `seed`.
fn part_value(part: &Part, seed: u64) -> String {
    let dice = &mut Dice(seed);
    if let Some(value) = ruled_value(part.main_check(), dice) {
        return value;
    }
    let min = if part.checks.contains(&Check::Prefix1) { part.min.max(4) } else { part.min };
    let len = usize::from(min) + dice.roll(usize::from(part.max - min) + 1);
    let letters = match part.charset {
        _ if part.main_check() == Check::NonZero => &LETTERS[1..10],
        Charset::Digits => &LETTERS[..10],
        _ => LETTERS,
    };
    let mut text: Vec<u8> = (0..len).map(|_| letters[dice.roll(letters.len())]).collect();
    if part.checks.contains(&Check::Prefix1) {
        text[..4].copy_from_slice(b"9506");
    }
    if part.main_check() == Check::Mod10 {
        text.pop();
        text.push(b'0' + check_digit(&text).unwrap());
    }
    String::from_utf8(text).unwrap()
}

/// A value where the check says more than characters and length; the examples are words.
fn ruled_value(check: Check, dice: &mut Dice) -> Option<String> {
    let (year, month, day) = (dice.roll(100), dice.roll(12) + 1, dice.roll(28) + 1);
    let (hour, minute) = (dice.roll(24), dice.roll(60));
    let words = match check {
        Check::Date => return Some(format!("{year:02}{month:02}{day:02}")),
        Check::DateOrMonth => return Some(format!("{year:02}{month:02}{:02}", day - 1)),
        Check::LongDate => return Some(format!("19{year:02}{month:02}{day:02}")),
        Check::HourMinute => return Some(format!("{hour:02}{minute:02}")),
        Check::Hour => return Some(format!("{hour:02}")),
        Check::Minute | Check::Second => return Some(format!("{minute:02}")),
        Check::Latitude | Check::Longitude => return Some(format!("{:010}", dice.roll(1_800_000_001))),
        Check::PieceOfTotal => return Some(format!("{:02}{:02}", 1 + hour, 24 + minute)),
        Check::Country | Check::CountryOr999 => "276 840 250 056",
        Check::CountryAlpha2 => "DE US FR BE",
        Check::Currency => "978 840 756",
        Check::PackageType => "PX CT 200 9",
        Check::MediaType => "01 10 80 99",
        Check::Sex | Check::Winding => "0 1 9",
        Check::YesNo => "0 1",
        Check::Zero => "0",
        Check::ImporterIndex => "A z 0 - _",
        Check::NoZeroPrefix => "1 470",
        Check::Hyphen => "-",
        Check::PosInSequence => "1/1 2/3 9/9",
        Check::PercentEncoded => "M%C3%BCller Rue+1 A",
        Check::PairSum => "1987654Ad4X4bL5ttr2310c2K",
        Check::Iban => "DE89370400440532013000 GB29NWBK60161331926819",
        Check::Coupon => "061414101234515110101 0614141012345151101013271231",
        Check::CouponOffer => "001234561234560123456",
        _ => return None,
    };
    let words: Vec<_> = words.split(' ').collect();
    Some(words[dice.roll(words.len())].to_owned())
}

/// An AI of this row and a valid value.
fn element(spec: &AiSpec, seed: u64) -> (String, String) {
    let number = spec.first + u16::try_from(seed % u64::from(spec.last - spec.first + 1)).unwrap();
    let digits = usize::from(spec.digits);
    let mut value = String::new();
    for (index, part) in spec.parts.iter().enumerate() {
        value.push_str(&part_value(part, seed ^ (index as u64) << 40));
    }
    (format!("{number:0digits$}"), value)
}

/// Bytes that look like labels more often than chance would.
fn scan_bytes() -> impl Strategy<Value = Vec<u8>> {
    let piece = prop_oneof![
        Just(b"]C1".to_vec()),
        Just(b"]d2".to_vec()),
        Just(b"]E0".to_vec()),
        Just(vec![0x1d]),
        Just(b"{GS}".to_vec()),
        Just(b"0109506000134352".to_vec()),
        Just(b"17270200".to_vec()),
        Just(b"10".to_vec()),
        Just(b"\xc3".to_vec()),
        "[0-9]{1,20}".prop_map(String::into_bytes),
        "[ -~]{1,30}".prop_map(String::into_bytes),
        prop::collection::vec(any::<u8>(), 0..40),
    ];
    prop_oneof![
        4 => prop::collection::vec(piece, 0..12).prop_map(|pieces| pieces.concat()),
        1 => prop::collection::vec(any::<u8>(), 0..6000),
    ]
}

/// Asks everything of a reading, and of what else it may be.
fn ask(reading: &Reading) {
    let raw_len = reading.raw().len();
    for issue in reading.errors().iter().chain(reading.warnings()) {
        assert!(issue.at <= raw_len && !issue.message.is_empty());
    }
    for element in reading.elements() {
        assert!((2..=4).contains(&element.ai.len()) && !element.title.is_empty());
        assert!(element.valid || !reading.is_ok());
    }
    assert_eq!(
        reading.is_ok(),
        reading.text().is_some() || (reading.is_ok() && reading.elements().len() > 0)
    );
    assert!(reading.candidates().len() <= 8);
    let _ = (
        reading.gtin(),
        reading.lot(),
        reading.serial(),
        reading.sscc(),
        reading.count(),
        reading.weight_g(),
    );
    let _ =
        (reading.expiry(), reading.best_before(), reading.sell_by(), reading.produced(), reading.packed());
    let _ = (reading.order_number(), reading.location_gln(), reading.variant(), reading.to_string());
    for candidate in reading.candidates() {
        assert!(candidate.reading.candidates().is_empty());
        ask(&candidate.reading);
    }
}

proptest! {
    #[test]
    fn any_bytes_give_a_reading(bytes in scan_bytes()) {
        let reading = read(&bytes, &Profile::default(), today());
        prop_assert_eq!(reading.raw(), &bytes[..bytes.len().min(INPUT_BYTES_MAX)]);
        ask(&reading);
        unlikely(&reading, &Profile::default()).iter().for_each(|other| ask(&other.reading));
    }

    #[test]
    fn what_was_written_is_read(
        rows in prop::sample::subsequence((0..AI_TABLE.len()).collect::<Vec<_>>(), 1..9).prop_shuffle(),
        seeds in prop::collection::vec(any::<u64>(), 9),
        id in prop::sample::select(vec!["]C1", "]d2", "]Q3", "]e0", "]J1"]),
        separator in prop::sample::select(vec!["\u{1d}", "{GS}", "^]", "|"]),
    ) {
        let values = rows.iter().zip(&seeds).map(|(&row, &seed)| element(&AI_TABLE[row], seed));
        let elements: Vec<_> = values.collect();
        let mut label = id.to_owned();
        for (index, (ai, value)) in elements.iter().enumerate() {
            label.push_str(&format!("{ai}{value}"));
            let needed = !AI_TABLE[rows[index]].predefined && index + 1 < elements.len();
            if needed || seeds[index] % 2 == 0 {
                label.push_str(separator);
            }
        }
        let reading = read(label.as_bytes(), &Profile::default(), today());
        prop_assert!(reading.is_ok(), "{} {:?}", label, reading.errors());
        let found: Vec<_> = reading.elements().map(|e| (e.ai.to_owned(), e.value.to_owned())).collect();
        prop_assert_eq!(found, elements);
    }

    #[test]
    fn a_date_swallowed_by_a_lot_is_flagged_with_the_truth(
        lot in "[0-9A-Z]{1,20}", month in 1..13_u32, day in 1..29_u32,
        ai in prop::sample::select(vec!["11", "15", "17"]),
    ) {
        let label = format!("]C1010950600013435210{lot}{ai}27{month:02}{day:02}");
        let reading = read(label.as_bytes(), &Profile::default(), today());
        prop_assert!(reading.warns(IssueCode::LostSeparator) , "{}", label);
        let truth = |other: &Candidate| other.reading.lot().is_some_and(|found| found.as_str() == lot);
        prop_assert!(reading.candidates().iter().any(truth), "{} {:?}", label, reading.candidates());
    }
    #[test]
    fn a_dropped_separator_is_never_silent_where_the_next_element_is_no_chance(
        value in "[0-9A-Z]{1,20}", ai in prop::sample::select(vec!["10", "21", "240", "91"]),
        next in prop::sample::select(vec![
            "00395060000000000016", "4149506000134352", "3103001250", "7007270630", "70032706301200", "17270200",
        ]),
    ) {
        let symbol = format!("]C10109506000134352{ai}{value}{next}");
        let reading = read(symbol.as_bytes(), &Profile::default(), today());
        prop_assert!(!reading.is_ok() || reading.warns(IssueCode::LostSeparator), "{} {:?}", symbol, reading);
        let truth = |other: &Candidate| other.reading.elements().any(|e| e.ai == ai && e.value == value);
        prop_assert!(reading.candidates().iter().any(truth), "{} {:?}", symbol, reading.candidates());
    }

    /// Whatever the elements are and whichever separator is missing: the reading shows it, and what was meant is among the
    /// other readings unless there are more of them than are listed.
    #[test]
    fn no_dropped_separator_is_accepted_in_silence(
        rows in prop::sample::subsequence((0..AI_TABLE.len()).collect::<Vec<_>>(), 2..7).prop_shuffle(),
        seeds in prop::collection::vec(any::<u64>(), 7),
    ) {
        let elements: Vec<_> = rows.iter().zip(&seeds).map(|(&row, &seed)| element(&AI_TABLE[row], seed)).collect();
        let open = |index: usize| index + 1 < rows.len() && !AI_TABLE[rows[index]].predefined;
        for dropped in (0..rows.len()).filter(|&index| open(index)) {
            let mut label = "]C1".to_owned();
            for (index, (ai, value)) in elements.iter().enumerate() {
                let separator = if open(index) && index != dropped { "\u{1d}" } else { "" };
                label.push_str(&format!("{ai}{value}{separator}"));
            }
            let reading = read(label.as_bytes(), &Profile::default(), today());
            let others = unlikely(&reading, &Profile::default());
            let all = reading.candidates().iter().chain(&others);
            let said = |it: &Reading| it.elements().map(|e| (e.ai.to_owned(), e.value.to_owned())).collect::<Vec<_>>();
            let meant = all.clone().any(|other| said(&other.reading) == elements);
            let is_listed = meant || others.len() == lost::UNLIKELY_MAX;
            prop_assert!(!reading.is_ok() || is_listed, "{} {:?}", label, reading.to_string());
            // An alternative never contradicts itself, and never is the reading again.
            for other in all.filter(|other| other.reason.is_lost_separator()) {
                prop_assert!(said(&other.reading) != said(&reading), "{}", label);
            }
        }
    }
}
