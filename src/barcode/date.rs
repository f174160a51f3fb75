//! Dates on labels: six digits and the year's century.

use super::ai::Check;
use crate::domain::Day;
use chrono::{Datelike, NaiveDateTime};

/// The year that two digits mean today: at most 49 years back, at most 50 ahead (General Specifications
/// 7.12).
#[must_use]
fn full_year(two_digits: i32, today: Day) -> i32 {
    let century = today.year() - today.year().rem_euclid(100);
    let year = century + two_digits;
    match two_digits - today.year().rem_euclid(100) {
        51..=99 => year - 100,
        -99..=-50 => year + 100,
        _ => year,
    }
}

/// The day that YYMMDD means; `None` where there is no such day.
///
/// Day 00 is the last day of the month where the AI allows it.
#[must_use]
pub(super) fn read_day(digits: &[u8], check: Check, today: Day) -> Option<Day> {
    let &[y1, y2, m1, m2, d1, d2] = digits else { return None };
    let (year, month, day) = (two(y1, y2)?, two(m1, m2)?, two(d1, d2)?);
    let year = full_year(i32::try_from(year).ok()?, today);
    if day > 0 {
        return Day::from_ymd_opt(year, month, day);
    }
    if check != Check::DateOrMonth {
        return None;
    }
    let next =
        if month == 12 { Day::from_ymd_opt(year + 1, 1, 1) } else { Day::from_ymd_opt(year, month + 1, 1) };
    // Month 00 would end on 31 December of the year before.
    next.filter(|_| month > 0)?.pred_opt()
}

/// True for YYYYMMDD of the calendar; day 00 where `or_month` allows it.
#[must_use]
pub(super) fn is_day(digits: &[u8], or_month: bool) -> bool {
    match digits {
        [month @ .., b'0', b'0'] if or_month => read_long_day(&[month, b"01"].concat()).is_some(),
        _ => read_long_day(digits).is_some(),
    }
}

/// The day that YYYYMMDD means; `None` where there is no such day.
#[must_use]
pub(super) fn read_long_day(digits: &[u8]) -> Option<Day> {
    let &[y1, y2, y3, y4, m1, m2, d1, d2] = digits else { return None };
    let year = i32::try_from(two(y1, y2)? * 100 + two(y3, y4)?).ok()?;
    Day::from_ymd_opt(year, two(m1, m2)?, two(d1, d2)?)
}

/// The moment that a date and up to six digits of a time mean; a part that is not said is zero.
#[must_use]
pub(super) fn read_moment(digits: &[u8], check: Check, today: Day) -> Option<NaiveDateTime> {
    let (day, time) = match check {
        Check::LongDate => digits.split_at_checked(8).map(|(day, time)| (read_long_day(day), time)),
        _ => digits.split_at_checked(6).map(|(day, time)| (read_day(day, check, today), time)),
    }?;
    let mut parts = [0; 3];
    for (part, pair) in parts.iter_mut().zip(time.chunks(2)) {
        let &[tens, ones] = pair else { return None };
        *part = two(tens, ones)?;
    }
    let [hour, minute, second] = parts;
    day?.and_hms_opt(hour, minute, second)
}

/// The first and the last day that one or two dates mean.
#[must_use]
pub(super) fn read_days(digits: &[u8], check: Check, today: Day) -> Option<(Day, Day)> {
    let (first, last) = digits.split_at_checked(6)?;
    let from = read_day(first, check, today)?;
    Some((from, if last.is_empty() { from } else { read_day(last, check, today)? }))
}

fn two(tens: u8, ones: u8) -> Option<u32> {
    let digits = tens.is_ascii_digit() && ones.is_ascii_digit();
    digits.then(|| u32::from(tens - b'0') * 10 + u32::from(ones - b'0'))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(digits: &str, today: &str, expected: Option<&str>) {
        let found = read_day(digits.as_bytes(), Check::DateOrMonth, today.parse().unwrap());
        assert_eq!(found, expected.map(|day| day.parse().unwrap()), "{digits} on {today}");
    }

    #[test]
    fn the_century_follows_the_current_year() {
        check("761231", "2026-11-23", Some("2076-12-31"));
        check("770101", "2026-11-23", Some("1977-01-01"));
        check("000101", "2051-01-01", Some("2100-01-01"));
        check("010101", "2051-01-01", Some("2101-01-01"));
        check("020101", "2051-01-01", Some("2002-01-01"));
        check("990101", "2049-01-01", Some("2099-01-01"));
        check("990101", "2048-12-31", Some("1999-01-01"));
    }

    #[test]
    fn day_zero_is_the_last_of_the_month() {
        check("270200", "2026-11-23", Some("2027-02-28"));
        check("280200", "2026-11-23", Some("2028-02-29"));
        check("261200", "2026-11-23", Some("2026-12-31"));
        check("260000", "2026-11-23", None);
        assert_eq!(read_day(b"270200", Check::Date, "2026-11-23".parse().unwrap()), None);
    }

    #[test]
    fn days_that_are_none_are_none() {
        for digits in ["271301", "270229", "270432", "27043", "2704311", "27o430", ""] {
            check(digits, "2026-11-23", None);
        }
    }
}
