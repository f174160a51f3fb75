//! What is true of any link, HIBC label and ISO/IEC 15434 message, and of any bytes that look like one.

use super::tests::{summary, today};
use super::*;
use proptest::prelude::*;

/// Characters of set 82 in a web address.
fn escaped_for_link(text: &str) -> String {
    let plain = |byte: &u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'.' | b'_');
    text.bytes().map(|b| if plain(&b) { char::from(b).to_string() } else { format!("%{b:02X}") }).collect()
}

fn with_check_character(body: &str) -> String {
    const CHARACTERS: &[u8] = b"0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ-. $/+%";
    let sum: usize = body.bytes().map(|b| CHARACTERS.iter().position(|c| *c == b).unwrap()).sum();
    format!("{body}{}", char::from(CHARACTERS[sum % 43]))
}

proptest! {
    #[test]
    fn a_link_says_what_its_elements_say(
        lot in "[!\"%-?A-Z_a-z]{1,20}", serial in "[!\"%-?A-Z_a-z]{1,20}",
        month in 1..13_u32, day in 1..29_u32,
        stem in prop::sample::select(vec!["https://id.gs1.org", "HTTP://EXAMPLE.COM", "https://a.b/c/01/x/y"]),
        slash: bool,
    ) {
        let (path_lot, path_serial) = (escaped_for_link(&lot), escaped_for_link(&serial));
        let slash = if slash { "/" } else { "" };
        let link = format!(
            "{stem}/01/09506000134352/10/{path_lot}/21/{path_serial}{slash}?17=27{month:02}{day:02}&linkType=all"
        );
        let reading = read(link.as_bytes(), &Profile::default(), today());
        prop_assert!(reading.is_ok(), "{} {}", link, summary(&reading));
        let found: Vec<_> = reading.elements().map(|element| (element.ai, element.value)).collect();
        let date = format!("27{month:02}{day:02}");
        let wanted = [("01", "09506000134352"), ("10", lot.as_str()), ("21", &serial), ("17", &date)];
        prop_assert_eq!(found, wanted);
    }

    #[test]
    fn an_hibc_label_says_what_was_written(
        lic in "[A-Z][0-9A-Z]{3}", item in "[0-9A-Z]{1,18}", unit in "[0-9]",
        lot in "[A-Z][0-9A-Z]{0,17}", serial in "[0-9A-Z]{1,18}", count in 1..100_u32, month in 1..13_u32,
        day in 1..29_u32,
    ) {
        let label = format!("+{lic}{item}{unit}/$$8{count:02}327{month:02}{day:02}{lot}/S{serial}");
        let reading = read(with_check_character(&label).as_bytes(), &Profile::default(), today());
        prop_assert!(reading.is_ok(), "{} {}", label, summary(&reading));
        let wanted = format!(
            "(240) {lic}{item} · count {count} · expires 2027-{month:02}-{day:02} · lot {lot} · serial {serial}"
        );
        prop_assert_eq!(reading.to_string(), wanted);
        // A changed character is seen; where the check character is a blank, padding is the other reading.
        let mut broken = with_check_character(&label).into_bytes();
        broken[1] = if broken[1] == b'A' { b'B' } else { b'A' };
        let reading = read(&broken, &Profile::default(), today());
        prop_assert!(!reading.is_ok() || (broken.ends_with(b" ") && reading.warns(IssueCode::CheckDigit)));
    }

    #[test]
    fn a_message_says_what_its_fields_say(
        lot in "[ -~]{1,30}", part in "[ -~]{1,30}", count in 1..99_999_999_u32, cut: bool,
    ) {
        let allowed = |c: char| c.is_ascii_alphanumeric() || "!\"%&'()*+,-./:;<=>?_".contains(c);
        let (lot, part): (String, String) =
            (lot.chars().filter(|c| allowed(*c)).collect(), part.chars().filter(|c| allowed(*c)).collect());
        prop_assume!(!lot.is_empty() && !part.is_empty());
        let end = if cut { "" } else { "\u{1e}\u{4}" };
        let message = format!("[)>\u{1e}06\u{1d}1P{part}\u{1d}1T{lot}\u{1d}Q{count}{end}");
        let reading = read(message.as_bytes(), &Profile::bare(), today());
        prop_assert!(reading.is_ok(), "{} {}", message, summary(&reading));
        prop_assert_eq!(reading.warns(IssueCode::EnvelopeCutOff), cut);
        prop_assert_eq!(reading.count(), Some(i64::from(count)));
        prop_assert_eq!(reading.lot().map(|lot| lot.to_string()), Some(lot));
    }

    #[test]
    fn anything_that_looks_like_one_is_answered(
        head in prop::sample::select(vec![
            "https://a.b/", "HTTPS://A/01/", "+A123", "+$$", "*+", "[)>\u{1e}06\u{1d}", "[)>\u{1e}05\u{1d}",
        ]),
        rest in prop_oneof![
            prop::collection::vec(any::<u8>(), 0..5120),
            "[0-9A-Z$+/%.\u{1d}\u{1e}\u{4}?&=-]{0,200}".prop_map(String::into_bytes),
        ],
    ) {
        let mut bytes = head.as_bytes().to_vec();
        bytes.extend(rest);
        let reading = read(&bytes, &Profile::default(), today());
        prop_assert_eq!(reading.raw(), &bytes[..bytes.len().min(INPUT_BYTES_MAX)]);
        prop_assert!(!summary(&reading).is_empty());
        prop_assert!(reading.errors().iter().chain(reading.warnings()).all(|issue| issue.at <= bytes.len()));
    }
}

/// `+N9L0…` misread as `+A9L0…`: its check character is a blank, and what stands before the blank happens to fit.
#[test]
fn a_blank_behind_an_hibc_label_may_have_been_its_check_character() {
    let label = "+A9L0H8I3QF3KQ8LGP8L2/$$8833270221N5A654IQRSA97X/SQJ9YFHFP8IY ";
    let reading = read(label.as_bytes(), &Profile::default(), today());
    assert!(reading.warns(IssueCode::CheckDigit), "{}", summary(&reading));
    let whole = read(label.replacen("+A", "+N", 1).as_bytes(), &Profile::default(), today());
    assert!(whole.is_ok() && !whole.warns(IssueCode::CheckDigit), "{}", summary(&whole));
}
