//! Labels of health care suppliers (ANSI/HIBC 2.6, Supplier Labeling Standard): a primary symbol names the
//! item, a secondary one lot, serial number, quantity and expiry; both may be one.
//!
//! What they say is given as the GS1 elements of the same meaning: 240 (item), 10, 21, 30, 17, 11.

use super::element::Rules;
use super::issue::IssueCode;
use super::reading::{Meaning, Reading};
use super::trade::put_checked;
use crate::domain::Day;
use chrono::Datelike;

/// Characters in the order of their values, which are those of Code 39.
const CHARACTERS: &[u8] = b"0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ-. $/+%";

/// Shortest label: `+`, a date or a lot, link and check character.
const CHARS_MIN: usize = 4;

/// Longest product number.
const PRODUCT_CHARS_MAX: usize = 18;

/// Labels in one scan: item, lot and serial number in a line each.
const LABELS_MAX: usize = 4;

/// True for what begins as such a label does; `*` is the frame of Code 39.
pub(super) fn is_hibc(data: &str) -> bool {
    let text = unframed(data);
    let known = text.bytes().all(|byte| CHARACTERS.contains(&byte));
    let begins = matches!(text.as_bytes(), [b'+', b'A'..=b'Z' | b'0'..=b'9' | b'$', _, ..]);
    known
        && begins
        && text.len() >= CHARS_MIN
        && (secondary_begins(text.get(1..).unwrap_or_default())
            || is_primary(text.get(1..).unwrap_or_default()))
}

fn unframed(data: &str) -> &str {
    data.strip_prefix('*').and_then(|rest| rest.strip_suffix('*')).unwrap_or(data)
}

/// Company (a letter and three characters), product number, unit of measure.
fn is_primary(text: &str) -> bool {
    // After the `+` another label follows in the same scan.
    let item = text.split(['/', '+']).next().unwrap_or_default();
    let letter = item.starts_with(|c: char| c.is_ascii_uppercase());
    letter && (6..=PRODUCT_CHARS_MAX + 6).contains(&item.len())
}

/// `$`, or the date of the oldest form: five digits.
fn secondary_begins(text: &str) -> bool {
    text.starts_with('$') || text.get(..5).is_some_and(|date| date.bytes().all(|byte| byte.is_ascii_digit()))
}

/// Reads a primary, secondary or concatenated symbol, or several of them in one scan.
pub(super) fn read_hibc(reading: &mut Reading, rules: Rules) {
    reading.meaning = Meaning::Elements;
    let at = reading.body.start + usize::from(reading.data().starts_with('*'));
    let mut text = unframed(reading.data()).to_owned();
    let mut ends = label_ends(&text);
    // A check character may be a blank, which was taken for padding.
    let label = text.get(ends.iter().rev().nth(1).copied().unwrap_or_default()..).unwrap_or_default();
    let rest = reading.text.get(reading.body.end..).unwrap_or_default();
    if rules.profile.tail(rest).starts_with(' ') {
        let (with_blank, without) = (check_character(label) == Some(b' '), fits(label));
        if with_blank {
            text.push(' ');
            ends.pop();
            ends.push(text.len());
        }
        if !with_blank || without {
            // Some scanners add a blank; a profile that says so ends the doubt. If it is none of the scanner's, a label
            // that fits without it was misread.
            let message = match with_blank {
                true => {
                    "the blank after the HIBC label was taken for its check character; it fits without it too"
                }
                false => "the blank after the HIBC label was taken for padding, not for its check character",
            };
            reading.warn(IssueCode::CheckDigit, reading.body.end, message);
        }
    }
    let mut begin = 0;
    for end in ends {
        read_one(reading, text.get(begin..end).unwrap_or_default(), at + begin, rules);
        begin = end;
    }
}

/// True where the last character is the check character of those before it.
fn fits(label: &str) -> bool {
    let (body, check) = label.split_at(label.len().saturating_sub(1));
    body.len() >= CHARS_MIN && check_character(body) == check.bytes().next()
}

/// Where each label of the scan ends: before a `+` where what stands before it has a fitting check
/// character, and so has the rest.
fn label_ends(text: &str) -> Vec<usize> {
    let (mut ends, mut begin) = (Vec::new(), 0);
    for (at, _) in text.match_indices('+').skip(1) {
        // The check character itself may be a plus.
        let cut = text.get(begin..at).is_some_and(fits) && text.get(at..).is_some_and(|rest| rest.len() > 3);
        if cut && ends.len() < LABELS_MAX {
            ends.push(at);
            begin = at;
        }
    }
    ends.push(text.len());
    ends
}

fn read_one(reading: &mut Reading, text: &str, at: usize, rules: Rules) {
    let (body, check) = text.split_at(text.len().saturating_sub(1));
    if check_character(body) != check.bytes().next() {
        let message = "the check character of the HIBC label does not fit";
        reading.error(IssueCode::CheckDigit, at + body.len(), message);
    }
    let content = body.get(1..).unwrap_or_default();
    // After a primary symbol the second line may hold the serial number alone.
    let follows = !reading.slots.is_empty() && content.starts_with('S');
    if secondary_begins(content) || follows {
        // The link character repeats the check character of the primary symbol.
        let cut = content.len().saturating_sub(1);
        secondary(reading, content.get(..cut).unwrap_or_default(), at + 1, rules);
        return;
    }
    let (item, rest) = content.split_once('/').unwrap_or((content, ""));
    let (number, unit) = item.split_at(item.len().saturating_sub(1));
    if number.len() < 5 || number.len() > PRODUCT_CHARS_MAX + 4 || !unit.bytes().all(|b| b.is_ascii_digit()) {
        reading.error(IssueCode::InvalidValue, at + 1, "the HIBC label holds no item number");
        return;
    }
    put_checked(reading, "240", number, at + 1, rules);
    if !rest.is_empty() {
        secondary(reading, rest, at + 2 + item.len(), rules);
    }
}

/// The sum of the characters' values modulo 43, as a character (Supplier Labeling Standard, appendix B).
fn check_character(text: &str) -> Option<u8> {
    let mut sum = 0;
    for byte in text.bytes() {
        sum += CHARACTERS.iter().position(|found| *found == byte)?;
    }
    CHARACTERS.get(sum % CHARACTERS.len()).copied()
}

/// Lot or serial number with quantity and date, then fields that `/` begins.
fn secondary(reading: &mut Reading, text: &str, at: usize, rules: Rules) {
    let mut place = at;
    for (index, field) in text.split('/').enumerate() {
        match (index, field) {
            (0, _) if secondary_begins(field) => dated(reading, field, place, rules),
            (_, _) if field.starts_with('$') => dated(reading, field, place, rules),
            (_, _) if field.starts_with("14D") => long_date(reading, "17", field, place, rules),
            (_, _) if field.starts_with("16D") => long_date(reading, "11", field, place, rules),
            (_, _) if field.starts_with('S') => {
                put_checked(reading, "21", field.get(1..).unwrap_or_default(), place, rules);
            }
            (_, _) if field.starts_with('Q') => {
                put_checked(reading, "30", field.get(1..).unwrap_or_default(), place, rules);
            }
            _ => reading.error(
                IssueCode::InvalidValue,
                place,
                "the HIBC label holds a field that is not known",
            ),
        }
        place += field.len() + 1;
    }
}

fn dated(reading: &mut Reading, field: &str, at: usize, rules: Rules) {
    let (ai, rest) = match field {
        _ if field.starts_with("$$+") => ("21", field.get(3..)),
        _ if field.starts_with("$$") => ("10", field.get(2..)),
        _ if field.starts_with("$+") => return put_some(reading, "21", field.get(2..), at, rules),
        _ if field.starts_with('$') => return put_some(reading, "10", field.get(1..), at, rules),
        _ => {
            let day = field.get(..5).and_then(|date| julian(date, rules.today));
            put_day(reading, "17", day, at, rules);
            return put_some(reading, "10", field.get(5..), at, rules);
        }
    };
    let rest = rest.unwrap_or_default();
    let quantity = match rest.bytes().next() {
        Some(b'8') => Some(2),
        Some(b'9') => Some(5),
        _ => None,
    };
    let rest = match quantity {
        Some(digits) => {
            put_some(reading, "30", rest.get(1..1 + digits), at, rules);
            rest.get(1 + digits..).unwrap_or_default()
        }
        None => rest,
    };
    let (length, day) = expiry(rest, rules.today);
    if length > 1 {
        put_day(reading, "17", day, at, rules);
    }
    put_some(reading, ai, rest.get(length..), at, rules);
}

/// How many characters flag and date have, and the day; 7 says that there is none.
fn expiry(text: &str, today: Day) -> (usize, Option<Day>) {
    let digits = |from: usize, to: usize| text.get(from..to).and_then(|digits| digits.parse::<u32>().ok());
    let day = |year: Option<u32>, month: Option<u32>, day: Option<u32>| {
        let year = i32::try_from(year?).ok()? + century(today);
        Day::from_ymd_opt(year, month?, day?)
    };
    match text.bytes().next() {
        Some(b'0' | b'1') => {
            let first = day(digits(2, 4), digits(0, 2), Some(1));
            (
                4,
                first
                    .and_then(|day| day.checked_add_months(chrono::Months::new(1)))
                    .and_then(|day| day.pred_opt()),
            )
        }
        Some(b'2') => (7, day(digits(5, 7), digits(1, 3), digits(3, 5))),
        Some(b'3') => (7, day(digits(1, 3), digits(3, 5), digits(5, 7))),
        Some(b'4') => (9, day(digits(1, 3), digits(3, 5), digits(5, 7)).filter(|_| is_hour(digits(7, 9)))),
        Some(b'5') => (6, text.get(1..6).and_then(|date| julian(date, today))),
        Some(b'6') => {
            (8, text.get(1..6).and_then(|date| julian(date, today)).filter(|_| is_hour(digits(6, 8))))
        }
        Some(b'7') => (1, None),
        _ => (0, None),
    }
}

fn is_hour(hour: Option<u32>) -> bool {
    hour.is_some_and(|hour| hour < 24)
}

fn century(today: Day) -> i32 {
    today.year() - today.year().rem_euclid(100)
}

/// YYJJJ: year and day of the year.
fn julian(text: &str, today: Day) -> Option<Day> {
    let year: i32 = text.get(..2)?.parse().ok()?;
    Day::from_yo_opt(year + century(today), text.get(2..)?.parse().ok()?)
}

fn long_date(reading: &mut Reading, ai: &str, field: &str, at: usize, rules: Rules) {
    let day = field.get(3..).and_then(|digits| super::date::read_long_day(digits.as_bytes()));
    put_day(reading, ai, day, at, rules);
}

fn put_day(reading: &mut Reading, ai: &str, day: Option<Day>, at: usize, rules: Rules) {
    match day {
        Some(day) => put_checked(reading, ai, &day.format("%y%m%d").to_string(), at, rules),
        None => reading.error(IssueCode::InvalidDate, at, "the HIBC label holds no date of the calendar"),
    }
}

/// A field that may be missing altogether.
fn put_some(reading: &mut Reading, ai: &str, value: Option<&str>, at: usize, rules: Rules) {
    if let Some(value) = value.filter(|value| !value.is_empty()) {
        put_checked(reading, ai, value, at, rules);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::barcode::tests::{check, summary, today};
    use crate::barcode::{Profile, read};

    /// Checks the label with its check character added.
    fn check_body(body: &str, expected: &str) {
        check(&format!("{body}{}", char::from(check_character(body).unwrap())), expected);
    }

    #[test]
    fn the_standards_example_fits() {
        assert_eq!(check_character("+A123BJC5D6E71"), Some(b'G'));
        check("+A123BJC5D6E71G", "(240) A123BJC5D6E7");
        check("*+A123BJC5D6E71G*", "(240) A123BJC5D6E7");
        check("+A123BJC5D6E71H", "(240) A123BJC5D6E7 !check-digit@14 or plain-text: text +A123BJC5D6E71H");
    }

    #[test]
    fn secondary_symbols_have_every_form_of_date() {
        for (date, day) in [
            ("$$0927", "2027-09-30"),
            ("$$2093027", "2027-09-30"),
            ("$$3270930", "2027-09-30"),
            ("$$427093014", "2027-09-30"),
            ("$$527273", "2027-09-30"),
            ("$$62727314", "2027-09-30"),
            ("27273", "2027-09-30"),
        ] {
            check_body(&format!("+{date}3C001L"), &format!("expires {day} · lot 3C001"));
        }
        check_body("+$$73C001L", "lot 3C001");
        check_body("+$3C001L", "lot 3C001");
        check_body("+$+S77L", "serial S77");
        check_body("+$$+3270930S77L", "expires 2027-09-30 · serial S77");
        check_body("+$$8243270930A1L", "count 24 · expires 2027-09-30 · lot A1");
        check_body("+$$9002403270930A1L", "count 240 · expires 2027-09-30 · lot A1");
        check_body("+$$3271331A1L", "lot A1 !invalid-date@1 or plain-text: text +$$3271331A1L%");
    }

    /// Each form of date, with each form of quantity, for a lot and for a serial number.
    #[test]
    fn dates_and_quantities_go_together() {
        let dates = [
            ("", ""),
            ("7", ""),
            ("0927", "expires 2027-09-30 · "),
            ("1228", "expires 2028-12-31 · "),
            ("0228", "expires 2028-02-29 · "),
            ("2093027", "expires 2027-09-30 · "),
            ("3270930", "expires 2027-09-30 · "),
            ("427093023", "expires 2027-09-30 · "),
            ("527273", "expires 2027-09-30 · "),
            ("528366", "expires 2028-12-31 · "),
            ("62727300", "expires 2027-09-30 · "),
        ];
        let quantities =
            [("", ""), ("824", "count 24 · "), ("900024", "count 24 · "), ("999999", "count 99999 · ")];
        for (date, day) in dates {
            for (quantity, count) in quantities {
                // A lot that begins with a digit would be taken for a date's flag where there is none.
                check_body(&format!("+$${quantity}{date}LOT7L"), &format!("{count}{day}lot LOT7"));
                check_body(&format!("+$$+{quantity}{date}SN7L"), &format!("{count}{day}serial SN7"));
                check_body(
                    &format!("+A99912345/$${quantity}{date}LOT7"),
                    &format!("(240) A9991234 · {count}{day}lot LOT7"),
                );
            }
        }
    }

    #[test]
    fn dates_that_are_none_are_said() {
        for date in [
            "1327",
            "2133027",
            "2093127",
            "3271331",
            "3270229",
            "427093024",
            "527366",
            "527000",
            "62727324",
            "30",
        ] {
            let body = format!("+$${date}LOT7L");
            let label = format!("{body}{}", char::from(check_character(&body).unwrap()));
            let reading = read(label.as_bytes(), &Profile::default(), today());
            assert!(
                reading.errors().iter().any(|issue| issue.code == IssueCode::InvalidDate),
                "{date} {reading}"
            );
        }
        for field in ["14D20271331", "16D20260230", "14D270930"] {
            let body = format!("+A99912345/$LOT7/{field}");
            let label = format!("{body}{}", char::from(check_character(&body).unwrap()));
            let reading = read(label.as_bytes(), &Profile::default(), today());
            assert!(
                reading.errors().iter().any(|issue| issue.code == IssueCode::InvalidDate),
                "{field} {reading}"
            );
        }
    }

    /// Labels of the standard and of suppliers, as other readers of HIBC have them in their tests.
    #[test]
    fn known_labels_read_as_elsewhere() {
        let item = "(240) A123BJC5D6E7";
        check("+A123BJC5D6E71G+2001510X3GG", &format!("{item} · expires 2020-01-15 · lot 10X3"));
        check("+A123BJC5D6E71G+$$52001510X3GD", &format!("{item} · expires 2020-01-15 · lot 10X3"));
        check("+A123BJC5D6E71G+$$710X3G7", &format!("{item} · lot 10X3"));
        check("+A123BJC5D6E71G+$$+52001510X3GB", &format!("{item} · expires 2020-01-15 · serial 10X3"));
        check("+A123BJCMD6E79++$$52001510X3+ ", "(240) A123BJCMD6E7 · expires 2020-01-15 · lot 10X3");
        check(
            "+J123AQ3451T+25330BC34567T2+S4012TJ",
            "(240) J123AQ345 · expires 2025-11-26 · lot BC34567 · serial 4012",
        );
        check(
            "]Q0+J123AQ3451/25330BC34567/S4012X",
            "(240) J123AQ345 · expires 2025-11-26 · lot BC34567 · serial 4012",
        );
        check(
            "+A123ABCDEFGHI1234567891/$$420020216LOT123456789012345/SXYZ456789012345678/16D20130202$",
            "(240) A123ABCDEFGHI123456789 · expires 2020-02-02 · lot LOT123456789012345 · \
             serial XYZ456789012345678 · produced 2013-02-02",
        );
        check(
            "+A99912345/$$812710X3/16D20111212/14D20200906/S77DEFG453",
            "(240) A9991234 · count 12 · lot 10X3 · produced 2011-12-12 · expires 2020-09-06 · serial 77DEFG45",
        );
        check(
            "+A99912345/$$902345710X3/$$+320090677DEFG45/16D201112126",
            "(240) A9991234 · count 2345 · lot 10X3 · expires 2020-09-06 · serial 77DEFG45 · produced 2011-12-12",
        );
        check(
            "+E203PB414109/$$8243280112R00089525J",
            "(240) E203PB41410 · count 24 · expires 2028-01-12 · lot R00089525",
        );
        check(
            "+A99912349/$10X3/16D20111231/14D20200131/Q500Z",
            "(240) A9991234 · lot 10X3 · produced 2011-12-31 · expires 2020-01-31 · count 500",
        );
        check("+EHWD3551419/$$900100F", "(240) EHWD355141 · count 100");
    }

    /// A label whose check character is a blank, one whose is not, and one that fits both ways, each from a scanner that
    /// adds nothing and from one that adds a blank.
    #[test]
    fn a_blank_is_the_label_s_or_the_scanner_s() {
        let check_as = |profile: &Profile, label: &str, expected: &str| {
            let reading = read(label.as_bytes(), profile, today());
            assert_eq!(summary(&reading), expected, "{label:?}");
        };
        let (plain, adds) = (Profile::default(), Profile::default().with_suffix(" "));
        let blank = "+A123BJCMD6E79++$$52001510X3+";
        let meant = "(240) A123BJCMD6E7 · expires 2020-01-15 · lot 10X3";
        check_as(&plain, &format!("{blank} \r\n"), meant);
        check_as(&adds, &format!("{blank}  \r\n"), meant);
        // The scanner's blank alone: the check character is not there.
        assert!(!read(format!("{blank} \r").as_bytes(), &adds, today()).is_ok());
        let other = "+A123BJC5D6E71G";
        check_as(&plain, other, "(240) A123BJC5D6E7");
        check_as(&plain, &format!("{other} "), "(240) A123BJC5D6E7 ?check-digit");
        check_as(&adds, &format!("{other} \t"), "(240) A123BJC5D6E7");
        let framed = Profile::default().with_suffix(">#").with_suffix(" ");
        check_as(&framed, &format!("{other}># \r"), "(240) A123BJC5D6E7");
        // A label whose check character is J has a blank for the check character of both.
        let both = (0..1_000).map(|n| format!("+$LOT{n}X")).find(|body| check_character(body) == Some(b'J'));
        let both = format!("{}J", both.unwrap());
        assert!(fits(&both) && check_character(&both) == Some(b' '));
        assert!(read(format!("{both} ").as_bytes(), &plain, today()).warns(IssueCode::CheckDigit));
        assert!(!read(both.as_bytes(), &plain, today()).warns(IssueCode::CheckDigit));
        assert!(!read(format!("{both} ").as_bytes(), &adds, today()).warns(IssueCode::CheckDigit));
    }

    #[test]
    fn both_may_be_one_symbol() {
        check_body("+A99912345/$$52001510X3", "(240) A9991234 · expires 2020-01-15 · lot 10X3");
        check_body(
            "+A99912345/$$3270930LOT7/S77/16D20260501/Q24",
            "(240) A9991234 · expires 2027-09-30 · lot LOT7 · serial 77 · produced 2026-05-01 · count 24",
        );
    }
}
