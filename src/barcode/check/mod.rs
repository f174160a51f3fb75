//! The checks on one part of a value that the GS1 Barcode Syntax Dictionary names, as one table of rules.
//!
//! A rule says only whether the text fits; the characters and the length were looked at before. What needs
//! a list that changes over the years (company prefixes) is checked for its form alone: the floor is
//! offline.

mod codes;
mod coupon;
mod sums;

use super::ai::Check;
use super::date::{is_day, read_day};
use super::element::Fault;
use super::issue::IssueCode;
use crate::domain::{Day, check_digit};

/// The rule of `check` that `held` breaks, with its place in `held`.
pub(super) fn broken(check: Check, held: &[u8], today: Day) -> Option<Fault> {
    match check {
        Check::None => None,
        Check::Mod10 => mod10(held),
        Check::Date | Check::DateOrMonth => {
            let none = read_day(held, check, today).is_none();
            none.then_some(Fault { code: IssueCode::InvalidDate, at: 0 })
        }
        Check::PairSum => fault(sums::pair_fits(held), IssueCode::CheckDigit, held.len().saturating_sub(2)),
        Check::Iban => fault(sums::is_iban(held), IssueCode::CheckDigit, 0),
        _ => {
            let (fits, code) = form(check, held);
            fault(fits, code, 0)
        }
    }
}

fn fault(fits: bool, code: IssueCode, at: usize) -> Option<Fault> {
    (!fits).then_some(Fault { code, at })
}

/// General Specifications 7.9.
fn mod10(held: &[u8]) -> Option<Fault> {
    let Some((last, body)) = held.split_last() else {
        return Some(Fault { code: IssueCode::ValueTooShort, at: 0 });
    };
    let fits = check_digit(body).is_some_and(|digit| digit + b'0' == *last);
    fault(fits, IssueCode::CheckDigit, body.len())
}

/// Whether `held` has the form that `check` asks for, and what it is if not.
fn form(check: Check, held: &[u8]) -> (bool, IssueCode) {
    use IssueCode::{InvalidDate, InvalidTime, InvalidValue, UnknownCode};
    match check {
        Check::LongDate => (is_day(held, false), InvalidDate),
        Check::LongDateOrMonth => (is_day(held, true), InvalidDate),
        Check::HourMinute => (is_time(held, 2), InvalidTime),
        Check::Hour => (below(held, 24), InvalidTime),
        Check::Minute | Check::Second => (below(held, 60), InvalidTime),
        Check::Country => (codes::is_country(held), UnknownCode),
        Check::CountryOr999 => (held == b"999" || codes::is_country(held), UnknownCode),
        Check::CountryAlpha2 => (codes::is_country_alpha2(held), UnknownCode),
        Check::Currency => (codes::is_currency(held), UnknownCode),
        Check::PackageType => (codes::is_package_type(held), UnknownCode),
        Check::MediaType => (is_media_type(held), UnknownCode),
        Check::Sex => (matches!(held, b"0" | b"1" | b"2" | b"9"), UnknownCode),
        Check::Winding => (matches!(held, b"0" | b"1" | b"9"), UnknownCode),
        Check::YesNo => (matches!(held, b"0" | b"1"), UnknownCode),
        Check::ImporterIndex => (is_importer_index(held), UnknownCode),
        Check::Zero => (!held.is_empty() && held.iter().all(|&byte| byte == b'0'), InvalidValue),
        Check::NonZero => (digits(held) && held.iter().any(|&byte| byte != b'0'), InvalidValue),
        Check::NoZeroPrefix => (digits(held) && held.first() != Some(&b'0'), InvalidValue),
        Check::HasNonDigit => (held.iter().any(|byte| !byte.is_ascii_digit()), InvalidValue),
        Check::Hyphen => (!held.is_empty() && held.iter().all(|&byte| byte == b'-'), InvalidValue),
        Check::PieceOfTotal => (is_piece_of_total(held), InvalidValue),
        Check::PosInSequence => (is_position_in_sequence(held), InvalidValue),
        Check::PercentEncoded => (is_percent_encoded(held), InvalidValue),
        Check::Latitude => (is_angle(held, 1_800_000_000), InvalidValue),
        Check::Longitude => (is_angle(held, 3_600_000_000), InvalidValue),
        Check::Coupon => (coupon::is_coupon(held), InvalidValue),
        Check::CouponOffer => (coupon::is_offer(held), InvalidValue),
        Check::Prefix1 => (has_prefix(held), InvalidValue),
        Check::Prefix2 => (held.get(1..).is_some_and(has_prefix), InvalidValue),
        _ => (true, InvalidValue),
    }
}

pub(super) fn digits(held: &[u8]) -> bool {
    held.iter().all(u8::is_ascii_digit)
}

/// The number that digits stand for.
fn number(held: &[u8]) -> Option<u64> {
    let digits = !held.is_empty() && digits(held);
    std::str::from_utf8(held).ok().filter(|_| digits)?.parse().ok()
}

fn below(held: &[u8], limit: u64) -> bool {
    held.len() == 2 && number(held).is_some_and(|number| number < limit)
}

/// HHMM.
fn is_time(held: &[u8], hours: usize) -> bool {
    held.split_at_checked(hours).is_some_and(|(hour, minute)| below(hour, 24) && below(minute, 60))
}

/// AIDC media types 01 to 10 are defined, 80 to 99 are the companies' own (General Specifications 3.8.24).
fn is_media_type(held: &[u8]) -> bool {
    held.len() == 2 && number(held).is_some_and(|number| matches!(number, 1..=10 | 80..=99))
}

/// Importer index of AI 7040: one character of the file-safe base64 set.
fn is_importer_index(held: &[u8]) -> bool {
    matches!(held, [byte] if byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_'))
}

/// Piece and total in as many digits each, both from 1 on, the piece not beyond the total.
fn is_piece_of_total(held: &[u8]) -> bool {
    if !held.len().is_multiple_of(2) {
        return false;
    }
    let (piece, total) = held.split_at(held.len() / 2);
    matches!((number(piece), number(total)), (Some(piece), Some(total)) if 0 < piece && piece <= total)
}

/// `1/3`: the place in a sequence and its length, without leading zeros.
fn is_position_in_sequence(held: &[u8]) -> bool {
    let mut sides = held.split(|&byte| byte == b'/');
    let (Some(place), Some(total), None) = (sides.next(), sides.next(), sides.next()) else { return false };
    let plain = |side: &[u8]| number(side).filter(|_| side.first() != Some(&b'0'));
    matches!((plain(place), plain(total)), (Some(place), Some(total)) if place <= total)
}

/// `%` only before two hexadecimal digits.
fn is_percent_encoded(held: &[u8]) -> bool {
    let mut rest = held;
    while let Some(at) = rest.iter().position(|&byte| byte == b'%') {
        match rest.get(at + 1..at + 3) {
            Some(pair) if pair.iter().all(u8::is_ascii_hexdigit) => {
                rest = rest.get(at + 3..).unwrap_or_default()
            }
            _ => return false,
        }
    }
    true
}

/// Ten digits up to `limit`, in ten-millionths of a degree above the lowest angle.
fn is_angle(held: &[u8], limit: u64) -> bool {
    held.len() == 10 && number(held).is_some_and(|number| number <= limit)
}

/// A GS1 Company Prefix has four to twelve digits; which ones are given out changes daily.
fn has_prefix(held: &[u8]) -> bool {
    held.get(..4).is_some_and(digits)
}

#[cfg(test)]
mod tests;
