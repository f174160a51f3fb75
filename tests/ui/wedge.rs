//! What keyboards make of scanners, through the window's real key handler: each way that a scanner can be set to press its
//! separator, its frame and its letters, at the speed of the fastest scanner and of a cheap one, ends as the same label.

use super::kit::Kit;
use super::views;
use firstout::barcode::{CALIBRATION_SYMBOLS, Profile, calibrate, read, symbols};
use firstout::screens::Input;
use firstout::screens::words::Language;

const GAPS_MS: [u64; 2] = [1, 40];
const LABEL: &str = "]d2010950600013435210YZ-2231(B)<GS>17270314";
const MEANT: &str = "gtin 09506000134352 · lot YZ-2231(B) · expires 2027-03-14";

/// Presses `keys`, in which `<F8>`, `<Ctrl-]>`, `<Alt-029>`, `<STX>`, `<ETX>`, `<Tab>` and `<Enter>` are keys of their own.
fn press(kit: &Kit, keys: &str, gap_ms: u64) {
    let mut rest = keys;
    while let Some(c) = rest.chars().next() {
        let named = rest.strip_prefix('<').and_then(|tail| tail.split_once('>'));
        let known = named
            .filter(|(name, _)| ["F8", "STX", "ETX", "Tab", "Enter"].contains(name) || name.contains('-'));
        match known {
            Some(("F8", _)) => kit.keys("\u{1d}", gap_ms),
            Some(("STX", _)) => kit.keys("\u{2}", gap_ms),
            Some(("ETX", _)) => kit.keys("\u{3}", gap_ms),
            Some(("Tab", _)) => kit.keys("\t", gap_ms),
            Some(("Enter", _)) => kit.keys("\n", gap_ms),
            Some((chord, _)) => {
                let (modifier, keys) = chord.split_once('-').unwrap();
                let modifier = match modifier {
                    "Ctrl" => slint::platform::Key::Control,
                    "Alt" => slint::platform::Key::Alt,
                    other => panic!("no modifier {other:?}"),
                };
                kit.chord(modifier, keys, gap_ms);
            }
            None => kit.keys(&c.to_string(), gap_ms),
        }
        rest = known.map_or(&rest[c.len_utf8()..], |(_, tail)| tail);
    }
}

/// What the window hands to the session, read as the session reads it.
fn as_heard(keys: &str, gap_ms: u64, page: &str, profile: &Profile) -> Vec<String> {
    let mut kit = Kit::new(480, 800);
    kit.answer(views::named(page), Language::English);
    press(&kit, keys, gap_ms);
    kit.pause();
    let scans = kit.asked().into_iter().map(|input| match input {
        Input::Scan { bytes } => bytes,
        other => panic!("{keys:?} every {gap_ms} ms on {page}: {other:?}"),
    });
    let today = "2026-11-23".parse().unwrap();
    let readings = scans.flat_map(|bytes| {
        let parts = symbols(&bytes, profile).into_iter();
        parts.map(|part| read(part, profile, today).to_string()).collect::<Vec<_>>()
    });
    readings.collect()
}

fn check(keys: &str, profile: &Profile, expected: &[&str]) {
    for gap_ms in GAPS_MS {
        for page in ["home", "quantity"] {
            assert_eq!(
                as_heard(keys, gap_ms, page, profile),
                expected,
                "{keys:?} every {gap_ms} ms on {page}"
            );
        }
    }
}

#[test]
fn every_separator_is_the_separator() {
    let own = Profile::default().with_separator("~G~");
    let usual = Profile::default();
    for (separator, profile) in [
        ("<F8>", &usual),
        ("<Ctrl-]>", &usual),
        ("<Alt-029>", &usual),
        ("<Alt-29>", &usual),
        ("^]", &usual),
        ("{GS}", &usual),
        ("|", &usual),
        ("~G~", &own),
    ] {
        check(&format!("{}<Enter>", LABEL.replace("<GS>", separator)), profile, &[MEANT]);
    }
}

#[test]
fn every_frame_is_taken_off() {
    let label = LABEL.replace("<GS>", "<F8>");
    let usual = Profile::default();
    for frame in
        ["@<Enter>", "@<Tab>", "@<ETX>", "<STX>@<ETX>", "<STX>@<Enter>", "@ <Enter>", "@<Ctrl-m>", "@"]
    {
        check(&frame.replace('@', &label), &usual, &[MEANT]);
    }
    let added = Profile::default().with_prefix("#!").with_suffix("!#");
    check(&format!("#!{label}!#<Enter>"), &added, &[MEANT]);
    // A scanner that writes the identifier itself, before each code.
    let literal = Profile::default().with_prefix("]C1");
    check("]C1A-03-2<Enter>", &literal, &["text A-03-2"]);
}

#[test]
fn caps_lock_and_other_layouts_are_turned_back() {
    let label = LABEL.replace("<GS>", "<F8>");
    let swapped = |c: char| match c {
        'a'..='z' => c.to_ascii_uppercase(),
        c => c.to_ascii_lowercase(),
    };
    // The keys have names of their own, which no lock changes.
    let typed = LABEL.replace("<GS>", "\u{1d}").chars().map(swapped).collect::<String>();
    let locked = typed.replace('\u{1d}', "<F8>");
    check(&format!("{locked}<Enter>"), &Profile::default().with_caps_lock(true), &[MEANT]);
    // The identifier alone shows it, without a profile.
    check(&format!("{locked}<Enter>"), &Profile::default(), &[MEANT]);
    // Another layout: Y and Z, the brackets, the hyphen and the identifier's sign.
    let pairs =
        [('z', 'y'), ('y', 'z'), ('Z', 'Y'), ('Y', 'Z'), (')', '('), ('=', ')'), ('ß', '-'), ('+', ']')];
    let german = Profile::default().with_keys(&pairs);
    let arrives = |c: char| pairs.iter().find(|(_, means)| *means == c).map_or(c, |(arrives, _)| *arrives);
    let typed = LABEL.replace("<GS>", "\u{1d}").chars().map(arrives).collect::<String>();
    check(&format!("{}<Enter>", typed.replace('\u{1d}', "<F8>")), &german, &[MEANT]);
    assert_ne!(as_heard(&format!("{label}<Enter>"), 1, "home", &german), [MEANT], "the layout matters");
}

#[test]
fn two_labels_back_to_back_are_two() {
    let label = LABEL.replace("<GS>", "<F8>");
    let usual = Profile::default();
    let two = [MEANT, MEANT];
    for between in ["<Enter>", "<Tab>", "<ETX><STX>", " <Enter> "] {
        check(&format!("{label}{between}{label}<Enter>"), &usual, &two);
    }
    // Nothing between them: the identifier parts them.
    check(&format!("{label}{label}<Enter>"), &usual, &two);
    check(
        &format!("]C0A-03-2<Enter>{label}<Tab>]E09506000134352<Enter>"),
        &usual,
        &["text A-03-2", MEANT, "gtin 09506000134352"],
    );
}

/// The four codes of the set-up, pressed as this scanner presses them, give the profile that its labels read with.
#[test]
fn a_scanner_is_learned_through_its_keys() {
    let identifiers = ["]C0", "]C1", "]d2", "]d2"];
    for (separator, after, layout) in [
        ("<F8>", "<Enter>", ""),
        ("<Ctrl-]>", " <Enter>", ""),
        ("<Alt-029>", "<Tab>", ""),
        ("{GS}", "#<Enter>", "yzYZ"),
        ("~", "# <Tab>", "yzYZ()"),
    ] {
        let swap = |c: char| {
            let at = layout.chars().position(|key| key == c);
            at.and_then(|at| layout.chars().nth(at ^ 1)).unwrap_or(c)
        };
        let keys = |data: &str, identifier: &str| {
            let typed: String = format!("{identifier}{data}").chars().map(swap).collect();
            format!("{}{after}", typed.replace('\u{1d}', separator))
        };
        for gap_ms in GAPS_MS {
            let mut kit = Kit::new(480, 800);
            kit.answer(views::named("home"), Language::English);
            let codes = CALIBRATION_SYMBOLS.iter().zip(identifiers);
            let heard = codes.map(|(data, identifier)| {
                press(&kit, &keys(data, identifier), gap_ms);
                match kit.asked().as_slice() {
                    [Input::Scan { bytes }] => bytes.clone(),
                    other => panic!("{separator} {gap_ms}: {other:?}"),
                }
            });
            let sent: Vec<_> = heard.collect();
            let today = "2026-11-23".parse().unwrap();
            let heard = [0, 1, 2, 3].map(|code: usize| sent[code].as_slice());
            let profile = calibrate(heard, &Profile::default(), today).profile.unwrap();
            let label = keys(&LABEL.replace("<GS>", "\u{1d}").replacen("]d2", "", 1), "]d2");
            assert_eq!(as_heard(&label, gap_ms, "home", &profile), [MEANT], "{separator} {after:?}");
            // A blank behind an HIBC label is the scanner's, and nothing to doubt.
            let hibc = keys("+A123BJC5D6E71G", "]C0");
            press(&kit, &hibc, gap_ms);
            let Some(Input::Scan { bytes }) = kit.asked().pop() else { panic!("{hibc}") };
            let reading = read(&bytes, &profile, today);
            assert_eq!(
                (reading.to_string().as_str(), reading.warnings()),
                ("(240) A123BJC5D6E7", [].as_slice())
            );
        }
    }
}
