//! Labels and what they mean, as data. `properties.rs` holds what is true of any label.

use super::*;

/// What the tests take for the current day.
pub(super) fn today() -> Day {
    "2026-11-23".parse().unwrap()
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

/// `<GS>` in the label stands for the separator.
pub(super) fn check(label: &str, expected: &str) {
    let label = label.replace("<GS>", "\u{1d}");
    assert_eq!(summary(&read(label.as_bytes(), &Profile::default(), today())), expected, "{label:?}");
}

fn check_bytes(bytes: &[u8], expected: &str) {
    assert_eq!(summary(&read(bytes, &Profile::default(), today())), expected, "{}", bytes.escape_ascii());
}

#[test]
fn element_strings_read_in_any_order() {
    check("]C1010950600013435217270630", "gtin 09506000134352 · expires 2027-06-30");
    check("]d2010950600013435210L2231<GS>17270630", "gtin 09506000134352 · lot L2231 · expires 2027-06-30");
    check("]Q310L2231<GS>2112345", "lot L2231 · serial 12345");
    check("]e00109506000134352", "gtin 09506000134352");
    check("]J1400PO-4711<GS>4149506000134352", "order PO-4711 · location 9506000134352");
    check("]C100395060000000000016", "sscc 395060000000000016");
    check("]C102095060001343523724<GS>10A", "content 09506000134352 · count 24 · lot A");
    check(
        "]C111260101132602011526030116260401",
        "produced 2026-01-01 · packed 2026-02-01 · best before 2026-03-01 · sell by 2026-04-01",
    );
    check("]C120013012", "variant 01 · count 12");
    check("]d5\\000026010950600013435210A", "gtin 09506000134352 · lot A");
    check("]C1240ABC<GS>91x", "(240) ABC · (91) x");
}

#[test]
fn day_zero_is_the_end_of_the_month() {
    check("]d2010950600013435217270200", "gtin 09506000134352 · expires 2027-02-28");
    check("]d215280200", "best before 2028-02-29");
    check("]d215271131", "(15) 271131 !invalid-date@5");
    check("]d27006270200", "(7006) 270200 !invalid-date@7");
}

#[test]
fn separators_may_be_one_too_many() {
    check("]C10109506000134352<GS>17270630<GS>", "gtin 09506000134352 · expires 2027-06-30");
    check("]C110A1<GS><GS>17270630", "lot A1 · expires 2027-06-30 ?doubled-separator");
    check("]C1<GS>10A1", "lot A1 ?doubled-separator");
    check("<GS>10A1", "lot A1");
}

#[test]
fn scanners_write_the_separator_in_their_own_way() {
    for separator in ["{GS}", "^]", "|", "\u{241d}"] {
        check(&format!("]C110L2231{separator}17270630"), "lot L2231 · expires 2027-06-30");
    }
    let label = "]C110A<GS>21B".replace("<GS>", "F8");
    let profile = Profile::bare().with_separator("F8").with_prefix("~").with_suffix("#");
    assert_eq!(read(format!("~{label}#\r").as_bytes(), &profile, today()).to_string(), "lot A · serial B");
    assert!(!read(b"]C110A|21B", &profile, today()).is_ok());
}

#[test]
fn weights_are_whole_grams() {
    let weight = |label: &str| read(label.as_bytes(), &Profile::default(), today()).weight_g();
    for (label, grams) in [
        ("]C13100000012", Some(12_000)),
        ("]C13101000012", Some(1200)),
        ("]C13103001250", Some(1250)),
        ("]C13104012500", Some(1250)),
        ("]C13105125000", Some(1250)),
        ("]C13100999999", Some(999_999_000)),
        ("]C13104012501", None),
    ] {
        assert_eq!(weight(label), grams, "{label}");
    }
    check("]C13103001250", "weight 1250 g");
    check("]C13104012501", "(3104) 012501 ?fraction-of-gram");
    check("]C13106012501", "unreadable !unknown-ai@3 or plain-text: text 3106012501");
}

#[test]
fn broken_elements_say_what_is_wrong() {
    check("]C10109506000134353", "(01) 09506000134353 !check-digit@18");
    check("]C10195060001343521", "(01) 95060001343521 !check-digit@18");
    check("]C10109506000134", "(01) 09506000134 !value-too-short@16");
    check("]C101095060<GS>10A", "(01) 095060 · lot A !value-too-short@11");
    check("]C110<GS>17270630", "(10)  · expires 2027-06-30 !value-empty@5");
    check("]C11727O630", "(17) 27O630 !invalid-character@7");
    check("]C13012A", "(30) 12A !invalid-character@7");
    check("]C129X<GS>10A", "lot A !unknown-ai@3");
    check("]C110A<GS>4", "lot A !ai-cut-off@7");
    check("]C14149506000134353", "(414) 9506000134353 !check-digit@18");
    check("]C110A B", "(10) A B !invalid-character@6");
    check("]C110Ä", "(10) Ä !invalid-character@5");
    check("]C110A<GS>10B", "lot A · lot B ?repeated-ai-differs");
    check("]C110A<GS>10A", "lot A · lot A");
    check("]C1", "unreadable !empty@3");
}

#[test]
fn a_lost_separator_is_never_silent() {
    check(
        "]C1010950600013435210L223117270630",
        "gtin 09506000134352 · lot L223117270630 ?lost-separator \
         or lost-separator: gtin 09506000134352 · lot L2231 · expires 2027-06-30",
    );
    check(
        "]C110123417270630<GS>21S",
        "lot 123417270630 · serial S ?lost-separator \
         or lost-separator: lot 1234 · expires 2027-06-30 · serial S",
    );
    check(
        "]C110L103103001250",
        "lot L103103001250 ?lost-separator or lost-separator: lot L10 · weight 1250 g",
    );
    // Far from today, or said already: chance.
    check("]C110L223117760630", "lot L223117760630");
    check("]C1172706301012341727063", "expires 2027-06-30 · lot 12341727063");
    check("]C1172706301012317280630", "expires 2027-06-30 · lot 12317280630");
}

#[test]
fn weak_evidence_is_a_weaker_doubt() {
    check(
        "]C101095060001343521012345678213456789",
        "gtin 09506000134352 · lot 12345678213456789 ?possible-lost-separator \
         or possible-lost-separator: gtin 09506000134352 · lot 12345678 · serial 3456789",
    );
    check(
        "]C10109506000134352101234563724",
        "gtin 09506000134352 · lot 1234563724 ?possible-lost-separator \
         or possible-lost-separator: gtin 09506000134352 · lot 123456 · count 24",
    );
    // Too little stays, too little follows, a count with a zero before it, and what no label has there.
    for lot in ["1233724", "123456211234", "12345637024", "123456914711", "12345620"] {
        check(&format!("]C1010950600013435210{lot}"), &format!("gtin 09506000134352 · lot {lot}"));
    }
    // In a value that is longer than usual less is enough.
    check(
        "]C110ABCDEFGHIJKLM21XYZ",
        "lot ABCDEFGHIJKLM21XYZ ?possible-lost-separator \
         or possible-lost-separator: lot ABCDEFGHIJKLM · serial XYZ",
    );
    check(
        "]C137242112<GS>10A",
        "count 242112 · lot A ?possible-lost-separator \
        or possible-lost-separator: count 24 · serial 12 · lot A",
    );
}

#[test]
fn what_the_label_asks_for_is_strong_evidence() {
    check(
        "]C1020950600013435210L113724",
        "content 09506000134352 · lot L113724 ?lost-separator \
         or lost-separator: content 09506000134352 · lot L11 · count 24",
    );
    check("]C102095060001343523710<GS>10L113724", "content 09506000134352 · count 10 · lot L113724");
}

#[test]
fn a_full_lot_may_be_more_or_less_than_the_lot() {
    check(
        "]C110ABCDEFGHIJKLMNOPQRST<GS>17270630",
        "lot ABCDEFGHIJKLMNOPQRST · expires 2027-06-30 ?value-at-maximum",
    );
    check(
        "]C110L12345678211234567890<GS>17270630",
        "(10) L12345678211234567890 · expires 2027-06-30 !value-too-long@25 ?lost-separator \
         or lost-separator: lot L12345678 · serial 1234567890 · expires 2027-06-30",
    );
    check("]C110ABCDEFGHIJKLMNOPQRST", "lot ABCDEFGHIJKLMNOPQRST");
    check("]C110ABCDEFGHIJKLMNOPQRS<GS>17270630", "lot ABCDEFGHIJKLMNOPQRS · expires 2027-06-30");
}

#[test]
fn a_broken_value_comes_with_what_repairs_it() {
    check(
        "]C10209506000134352372410L2231",
        "content 09506000134352 · (37) 2410L2231 !invalid-character@25 ?lost-separator \
         or lost-separator: content 09506000134352 · count 24 · lot L2231",
    );
    check(
        "]C110ABCDEFGHIJKLMNOPQRST17270630",
        "(10) ABCDEFGHIJKLMNOPQRST17270630 !value-too-long@25 ?lost-separator \
         or lost-separator: lot ABCDEFGHIJKLMNOPQRST · expires 2027-06-30",
    );
}

#[test]
fn a_label_without_fnc1_is_understood() {
    check(
        "]C0010950600013435210L2231",
        "gtin 09506000134352 · lot L2231 ?missing-fnc1 or plain-text: text 010950600013435210L2231",
    );
    check(
        "010950600013435217270630",
        "gtin 09506000134352 · expires 2027-06-30 or plain-text: text 010950600013435217270630",
    );
    check("00395060000000000016", "sscc 395060000000000016 or plain-text: text 00395060000000000016");
    check("10L2231<GS>17270630", "lot L2231 · expires 2027-06-30");
    check("10L2231|17270630", "lot L2231 · expires 2027-06-30 or plain-text: text 10L2231|17270630");
    check("10L2231", "text 10L2231 or missing-fnc1: lot L2231");
    check(
        "010950600013435217271331",
        "gtin 09506000134352 · (17) 271331 !invalid-date@18 or plain-text: text 010950600013435217271331",
    );
}

#[test]
fn trade_symbols_are_gtins() {
    check("]E09506000134352", "gtin 09506000134352");
    check("]E0036000291452", "gtin 00036000291452");
    check("]E496385074", "gtin 00000096385074");
    check("]E001234565", "gtin 00012345000065");
    check("]E0123456", "gtin 00012345000065");
    check("]I119506000134359", "gtin 19506000134359");
    check("]E3950600013435212345", "gtin 09506000134352");
    check("]E09506000134353", "unreadable !check-digit@15");
    check("]E0950600013435X", "unreadable !invalid-character@15");
    check("]E4963850", "unreadable !wrong-length@3");
}

#[test]
fn upc_e_stands_for_upc_a() {
    for (short, long) in [
        ("01234505", "012000003455"),
        ("01234531", "012300000451"),
        ("01234543", "012340000053"),
        ("01234558", "012345000058"),
        ("11234593", "112345000093"),
    ] {
        assert_eq!(trade::expand_upc_e(short).as_deref(), Some(long), "{short}");
        check(&format!("]E0{short}"), &format!("gtin 00{long}"));
    }
}

#[test]
fn bare_digits_can_be_two_things() {
    check(
        "9506000134352",
        "gtin 09506000134352 or plain-text: text 9506000134352 or missing-fnc1: (95) 06000134352",
    );
    check("395060000000000016", "sscc 395060000000000016 or plain-text: text 395060000000000016");
    check(
        "]C09506000134352",
        "text 9506000134352 or trade-number: gtin 09506000134352 or missing-fnc1: (95) 06000134352",
    );
    check("4500012345678", "text 4500012345678 ?check-digit");
    check(
        "01234565",
        "gtin 00012345000065 or trade-number: gtin 00000001234565 or plain-text: text 01234565",
    );
    check("4711", "text 4711");
}

#[test]
fn plain_codes_stay_what_they_are() {
    check("A-03-2", "text A-03-2");
    check("]C0A-03-2\r\n", "text A-03-2");
    check("\u{2}  PO 4711\t\u{3}", "text PO 4711");
    check("]C1A-03-2", "unreadable !unknown-ai@3 or plain-text: text A-03-2");
    check("]shelf", "text ]shelf");
    check_bytes(b"CAF\xc9-1", "text CAFÉ-1 ?not-utf8");
    let kind = |text: &str| read(text.as_bytes(), &Profile::default(), today()).local_kind();
    assert_eq!(kind("B-0042"), Some(LocalKind::Badge));
    assert_eq!(kind("HU-000017"), Some(LocalKind::HandlingUnit));
    assert_eq!(kind("B-03-2"), None);
}

#[test]
fn noise_is_refused_in_words() {
    check("", "unreadable !empty@0");
    check(" \r\n", "unreadable !empty@0");
    check("A\u{7}B", "unreadable !control-character@1");
    check(&"x".repeat(97), "unreadable !text-too-long@96");
    let noise: Vec<u8> = (0..2953_u32).map(|n| (n.wrapping_mul(2_654_435_761) >> 13) as u8).collect();
    assert!(!read(&noise, &Profile::default(), today()).is_ok());
    let long = read(&vec![b'1'; INPUT_BYTES_MAX + 1], &Profile::default(), today());
    assert_eq!(summary(&long), "unreadable !input-too-long@4096");
    assert_eq!(long.raw().len(), INPUT_BYTES_MAX);
}

#[test]
fn issues_point_into_the_bytes_of_the_scan() {
    check_bytes(
        b"]C110\xc4\x1d17271331",
        "(10) Ä · (17) 271331 !invalid-character@5 !invalid-date@9 ?not-utf8",
    );
    check("\r\n]C117271331", "(17) 271331 !invalid-date@7");
}

#[test]
fn control_and_direction_marks_are_shown() {
    assert_eq!(escaped("a\u{1d}\u{202e}b\u{85}é"), "a\\x1d\\u{202e}b\\u{85}é");
}

#[test]
fn every_code_is_documented() {
    let docs = include_str!("../../docs/barcode.md");
    let rows: String = docs.lines().filter(|line| line.starts_with("| `")).collect();
    for code in IssueCode::ALL {
        assert!(
            rows.contains(&format!("`{}`", code.as_str())),
            "{} has no row in docs/barcode.md",
            code.as_str()
        );
    }
    for reason in CandidateReason::ALL {
        assert!(
            docs.contains(&format!("`{}`", reason.as_str())),
            "{} is not in docs/barcode.md",
            reason.as_str()
        );
    }
}

#[test]
fn codes_are_kebab_case_and_different() {
    let mut names: Vec<_> = IssueCode::ALL.iter().map(|code| code.as_str()).collect();
    assert!(
        names
            .iter()
            .all(|name| name.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-'))
    );
    names.sort_unstable();
    names.dedup();
    assert_eq!(names.len(), IssueCode::ALL.len());
}
