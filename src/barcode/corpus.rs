//! How often ordinary labels are doubted, and how often a lost separator is seen: both measured on labels
//! made from a seed.
//!
//! The lots are shaped as food, pharma, cosmetics and wine makers number theirs: counters, calendar and
//! Julian dates with line and shift, letters of the plant. Each label is read twice: as it should be, and
//! with the separator after its lot removed.

use super::tests::today;
use super::*;
use crate::domain::check_digit;

const LABELS: u32 = 20_000;
const SEED: u64 = 20_261_123;

/// SplitMix64.
struct Dice(u64);

impl Dice {
    fn roll(&mut self, bound: u64) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mixed = (self.0 ^ self.0 >> 30).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        let mixed = (mixed ^ mixed >> 27).wrapping_mul(0x94d0_49bb_1331_11eb);
        (mixed ^ mixed >> 31) % bound
    }

    /// One of the forms, filled.
    fn pick(&mut self, forms: &[&str]) -> String {
        let form = forms[self.roll(forms.len() as u64) as usize];
        self.fill(form)
    }

    /// A text of this form: `#` is a digit, `9` one above 0, `A` a letter, `$` letter or digit, `D` a
    /// production date as YYMMDD, `J` as YJJJ, `Y` the year in two digits, `L` line 01 to 24; the rest stays.
    fn fill(&mut self, form: &str) -> String {
        form.chars().fold(String::new(), |text, c| text + &self.piece(c))
    }

    fn piece(&mut self, c: char) -> String {
        const LETTERS: &[u8] = b"ABCDEFGHJKLMNPRSTUVWXYZ0123456789";
        let (year, month, day) = (25 + self.roll(2), 1 + self.roll(12), 1 + self.roll(28));
        match c {
            '#' => self.roll(10).to_string(),
            '9' => (1 + self.roll(9)).to_string(),
            'A' => char::from(LETTERS[self.roll(23) as usize]).to_string(),
            '$' => char::from(LETTERS[self.roll(33) as usize]).to_string(),
            'D' => format!("{year}{month:02}{day:02}"),
            'J' => format!("{}{:03}", year % 10, 1 + self.roll(365)),
            'Y' => year.to_string(),
            'L' => format!("{:02}", 1 + self.roll(24)),
            c => c.to_string(),
        }
    }
}

/// How makers number their lots, the more usual ones more than once.
const LOTS: [&str; 38] = [
    "###",
    "A##",
    "#####",
    "######",
    "######",
    "#######",
    "########",
    "0000######",
    "00########",
    "5#########",
    "LD",
    "LD",
    "D",
    "20D",
    "DLA",
    "D-L",
    "LD/L",
    "LJ",
    "LJA",
    "J",
    "JL",
    "JLA",
    "J##",
    "L####",
    "L#####",
    "A####",
    "A####",
    "AA####",
    "AA#####A",
    "A######",
    "A##A###",
    "######A",
    "#A###A",
    "YA####",
    "AA.##.###",
    "YJ-##",
    "L.Y.###",
    "20D####",
];

const SERIALS: [&str; 4] = ["##########", "############", "$$$$$$$$$$$$", "$$$$$$$$$$$$$$$$"];

/// What stands after the lot, what may stand before it, and how many labels in a hundred are such.
const LABEL_FORMS: [(&str, &[&str], u64); 9] = [
    ("nothing", &["01", "17"], 30),
    ("nothing", &["01", "11", "15"], 12),
    ("date", &["01"], 18),
    ("serial", &["01", "17"], 14),
    ("weight", &["01", "15"], 5),
    ("gtin", &["37"], 6),
    ("count 37", &["02", "15"], 6),
    ("count 30", &["01", "17"], 5),
    ("reference", &["01", "17"], 4),
];

/// One label: its parts before the lot, the lot, what follows it.
struct Label {
    before: String,
    lot: String,
    kind: &'static str,
    after: String,
}

impl Label {
    fn read(&self, separator: &str) -> Reading {
        let Self { before, lot, after, .. } = self;
        let label = format!("]d2{before}10{lot}{}{after}", if after.is_empty() { "" } else { separator });
        read(label.as_bytes(), &Profile::default(), today())
    }
}

fn gtin(dice: &mut Dice) -> String {
    let body = dice.fill("09506#######9");
    format!("{body}{}", check_digit(body.as_bytes()).unwrap())
}

fn label(dice: &mut Dice) -> Label {
    let mut at = dice.roll(100);
    let &(kind, before, _) = LABEL_FORMS
        .iter()
        .find(|(_, _, share)| {
            let here = at < *share;
            at = at.saturating_sub(*share);
            here
        })
        .unwrap();
    let date = |dice: &mut Dice| format!("{}{:02}{:02}", 26 + dice.roll(4), 1 + dice.roll(12), dice.roll(29));
    let mut text = String::new();
    for ai in before {
        match *ai {
            "01" | "02" => text.push_str(&format!("{ai}{}", gtin(dice))),
            "37" => text.push_str(&dice.fill("379#\u{1d}")),
            "11" => text.push_str(&dice.fill("11D")),
            _ => text.push_str(&format!("{ai}{}", date(dice))),
        }
    }
    let lot = dice.pick(&LOTS);
    let after = match kind {
        "date" => dice.pick(&["17", "15"]) + &date(dice),
        "serial" => format!("21{}", dice.pick(&SERIALS)),
        "weight" => dice.fill("310300####"),
        "gtin" => format!("02{}", gtin(dice)),
        "count 37" => dice.pick(&["379", "379#", "379##"]),
        "count 30" => dice.pick(&["309", "309#"]),
        "reference" => dice.fill("240A####-##"),
        _ => String::new(),
    };
    Label { before: text, lot, kind, after }
}

/// How many of how many.
#[derive(Default, Clone, Copy)]
struct Share(u32, u32);

impl Share {
    fn add(&mut self, counts: bool) {
        self.0 += u32::from(counts);
        self.1 += 1;
    }

    fn percent(self) -> f64 {
        100.0 * f64::from(self.0) / f64::from(self.1.max(1))
    }
}

#[test]
fn ordinary_labels_are_seldom_doubted() {
    let mut dice = Dice(SEED);
    let [mut asked, mut doubted, mut ambiguous] = [Share::default(); 3];
    for _ in 0..LABELS {
        let label = label(&mut dice);
        let reading = label.read("\u{1d}");
        assert!(reading.is_ok(), "{} {:?}", label.lot, reading.errors());
        assert_eq!(reading.lot().unwrap().as_str(), label.lot);
        asked.add(reading.warns(IssueCode::LostSeparator));
        doubted.add(reading.warns(IssueCode::PossibleLostSeparator));
        ambiguous.add(!unlikely(&reading, &Profile::default()).is_empty());
    }
    let shares = [asked, doubted, ambiguous].map(Share::percent);
    eprintln!(
        "ordinary labels: {:.2} % strong, {:.2} % weak, {:.0} % unlikely",
        shares[0], shares[1], shares[2]
    );
    assert!(asked.percent() < 0.1, "{:.2} % asked", asked.percent());
    assert!(doubted.percent() < 2.5, "{:.2} % doubted", doubted.percent());
}

/// What docs/barcode.md says of [`lost_separators_are_seen`], rounded down.
const SEEN_MIN: [(&str, [f64; 3]); 7] = [
    ("date", [100.0, 100.0, 99.0]),
    ("gtin", [100.0, 100.0, 99.0]),
    ("weight", [100.0, 100.0, 99.0]),
    ("count 37", [100.0, 100.0, 99.0]),
    ("count 30", [95.0, 95.0, 92.0]),
    ("serial", [98.0, 98.0, 85.0]),
    ("reference", [95.0, 95.0, 95.0]),
];

/// Each kind of follower: the share that is flagged, that has the truth among its candidates, and that has it
/// first.
#[test]
fn lost_separators_are_seen() {
    let mut dice = Dice(SEED);
    let mut seen = std::collections::BTreeMap::<&str, [Share; 3]>::new();
    for _ in 0..LABELS {
        let label = label(&mut dice);
        if label.after.is_empty() {
            continue;
        }
        let reading = label.read("");
        let is_flagged = !reading.is_ok()
            || reading.warns(IssueCode::LostSeparator)
            || reading.warns(IssueCode::PossibleLostSeparator);
        let is_true =
            |candidate: &Candidate| candidate.reading.lot().is_some_and(|lot| lot.as_str() == label.lot);
        let others = unlikely(&reading, &Profile::default());
        assert!(!reading.is_ok() || reading.candidates().iter().chain(&others).any(is_true), "{}", label.lot);
        let [flagged, listed, first] = seen.entry(label.kind).or_default();
        flagged.add(is_flagged);
        listed.add(reading.candidates().iter().any(is_true));
        first.add(reading.candidates().first().is_some_and(is_true));
    }
    let shares = seen.iter().map(|(kind, shares)| (*kind, shares.map(Share::percent)));
    for (kind, [flagged, listed, first]) in shares {
        let line = format!("{kind}: {flagged:.1} % flagged, {listed:.1} % listed, {first:.1} % first");
        eprintln!("{line}");
        let (_, least) = SEEN_MIN.iter().find(|(known, _)| *known == kind).unwrap();
        assert!([flagged, listed, first].iter().zip(least).all(|(found, least)| found >= least), "{line}");
    }
}
