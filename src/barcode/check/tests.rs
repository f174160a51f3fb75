//! Each rule with what fits and what does not; the reference vectors are compared in `oracle.rs`.

use super::*;
use crate::barcode::tests::today;

/// `fits` and `breaks` hold one value a word.
fn check(rule: Check, fits: &str, breaks: &str) {
    for (values, expected) in [(fits, true), (breaks, false)] {
        for value in values.split(' ').filter(|value| !value.is_empty()) {
            assert_eq!(broken(rule, value.as_bytes(), today()).is_none(), expected, "{rule:?} {value}");
        }
    }
}

#[test]
fn times_and_dates() {
    check(Check::HourMinute, "0000 2359", "2400 2360 235 23599");
    check(Check::Hour, "00 23", "24 2 2x");
    check(Check::Minute, "00 59", "60 5");
    check(Check::Second, "00 59", "60 599");
    check(Check::LongDate, "20240229 19000228", "20250229 20240200 20241301 2024022");
    check(Check::LongDateOrMonth, "20240200 20240229", "20241300 20240230");
}

#[test]
fn codes_of_lists() {
    check(Check::Country, "276 840", "277 999 2760 27");
    check(Check::CountryOr999, "276 999", "998");
    check(Check::CountryAlpha2, "DE XX".split(' ').next().unwrap(), "XX de D");
    check(Check::Currency, "978 840", "979x 001");
    check(Check::PackageType, "PX 200 9", "px 00 PXX");
    check(Check::MediaType, "01 10 80 99", "00 11 79 1");
    check(Check::Sex, "0 1 2 9", "3 8 01");
    check(Check::Winding, "0 1 9", "2 8 00");
    check(Check::YesNo, "0 1", "2 N");
    check(Check::ImporterIndex, "A z 0 - _", "+ AB");
}

#[test]
fn numbers_with_a_rule() {
    check(Check::Zero, "0 00", "1 0x");
    check(Check::NonZero, "1 0010", "0 000 x1");
    check(Check::NoZeroPrefix, "10 1", "01 00 0");
    check(Check::HasNonDigit, "A 1A /", "1 012");
    check(Check::Hyphen, "- --", "_ 1 -1");
    check(Check::PieceOfTotal, "0101 0203 23", "0001 0100 0302 123");
    check(Check::PosInSequence, "1/1 2/3 10/12", "0/1 2/1 01/2 1/ /1 1/2/3 12");
    check(Check::PercentEncoded, "A %20 a%2Fb", "% %2 %zz a%");
    check(Check::Latitude, "0000000000 1800000000", "1800000001 123456789");
    check(Check::Longitude, "3600000000", "3600000001 12345678901");
    check(Check::Prefix1, "9506 9506000A", "950 A506 95A0");
    check(Check::Prefix2, "09506", "0950 0A506");
}

#[test]
fn check_characters() {
    check(Check::Mod10, "9506000134352 0", "9506000134353 1");
    check(
        Check::PairSum,
        "1987654Ad4X4bL5ttr2310c2K 22",
        "1987654Ad4X4bL5ttr2310c2X 1987654Ad4X4bL5ttr2301c2K 2",
    );
    check(
        Check::Iban,
        "DE89370400440532013000 GB29NWBK60161331926819",
        "DE88370400440532013000 ZZ89370400440532013000 DE89",
    );
}

#[test]
fn coupons() {
    let plain = "0614141".to_owned() + "012345" + "1" + "5" + "1" + "1" + "0" + "101";
    check(Check::Coupon, &plain, &plain[..plain.len() - 1]);
    check(Check::Coupon, &format!("{plain}3271231 {plain}32712314270101 {plain}50123456 {plain}90110"), "");
    check(
        Check::Coupon,
        "",
        &format!("7{plain} {plain}3271331 {plain}32701014271231 {plain}7 {plain}93110 {plain}A"),
    );
    check(
        Check::CouponOffer,
        "001234561234560123456 101234561234560123456",
        "201234561234560123456 0012345612345601234567",
    );
}
