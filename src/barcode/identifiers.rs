//! MH10.8.2 data identifiers: digits and a letter before each value (ANSI MH10.8.2).

use super::ai::{AiSpec, Check, Kind, Part, n, n_up_to, x, x_up_to};
use Check::{CountryAlpha2, LongDate};

/// Their rows come after those of the AIs.
pub(super) const DI_ROW_FIRST: u16 = 1000;

/// Where there is an AI of the same meaning, the row has its number, and the reading answers for both.
pub(super) static DI_TABLE: &[(&str, AiSpec)] = &[
    ("P", di(241, 3, Kind::Text, &[x_up_to(50)], "CUSTOMER ITEM")),
    ("1P", di(240, 3, Kind::Text, &[x_up_to(50)], "SUPPLIER ITEM")),
    ("T", di(10, 2, Kind::Text, &[x_up_to(50)], "LOT (CUSTOMER)")),
    ("1T", di(10, 2, Kind::Text, &[x_up_to(50)], "LOT (SUPPLIER)")),
    ("S", di(21, 2, Kind::Text, &[x_up_to(50)], "SERIAL")),
    ("Q", di(30, 2, Kind::Count, &[n_up_to(8)], "QUANTITY")),
    ("7Q", di(0, 0, Kind::Text, &[x_up_to(20)], "QUANTITY WITH UNIT")),
    ("13Q", di(0, 0, Kind::Text, &[x_up_to(20)], "PIECE OF PIECES")),
    ("2P", di(0, 0, Kind::Text, &[x_up_to(50)], "REVISION")),
    ("6D", di(0, 0, Kind::Text, &[x_up_to(20)], "DATE WITH QUALIFIER")),
    ("9D", di(0, 0, Kind::Text, &[x_up_to(20)], "DATE")),
    ("10D", di(0, 0, Kind::Text, &[n(4)], "DATE (YYWW)")),
    ("14D", di(17, 2, Kind::Day, &[n(8).check(LongDate)], "EXPIRY")),
    ("16D", di(11, 2, Kind::Day, &[n(8).check(LongDate)], "PROD DATE")),
    ("K", di(400, 3, Kind::Text, &[x_up_to(50)], "ORDER NUMBER")),
    ("4K", di(0, 0, Kind::Text, &[x_up_to(20)], "ORDER LINE")),
    ("11K", di(0, 0, Kind::Text, &[x_up_to(50)], "PACKING LIST")),
    ("4L", di(0, 0, Kind::Text, &[x(2).check(CountryAlpha2)], "ORIGIN")),
    ("V", di(0, 0, Kind::Text, &[x_up_to(20)], "SUPPLIER")),
    ("1V", di(0, 0, Kind::Text, &[x_up_to(20)], "SUPPLIER")),
    ("J", di(0, 0, Kind::Text, &[x_up_to(35)], "LICENSE PLATE")),
    ("1J", di(0, 0, Kind::Text, &[x_up_to(35)], "LICENSE PLATE")),
    ("2J", di(0, 0, Kind::Text, &[x_up_to(35)], "LICENSE PLATE")),
    ("3J", di(0, 0, Kind::Text, &[x_up_to(35)], "LICENSE PLATE")),
    ("4J", di(0, 0, Kind::Text, &[x_up_to(35)], "LICENSE PLATE")),
    ("5J", di(0, 0, Kind::Text, &[x_up_to(35)], "LICENSE PLATE")),
    ("6J", di(0, 0, Kind::Text, &[x_up_to(35)], "LICENSE PLATE")),
    ("3S", di(0, 0, Kind::Text, &[x_up_to(35)], "PACKAGE")),
    ("4S", di(0, 0, Kind::Text, &[x_up_to(35)], "PACKAGE")),
    ("5S", di(0, 0, Kind::Text, &[x_up_to(35)], "PACKAGE")),
];

const fn di(first: u16, digits: u8, kind: Kind, parts: &'static [Part], title: &'static str) -> AiSpec {
    // Their length is that of the field; nothing can be swallowed.
    AiSpec { first, last: first, digits, predefined: true, kind, max: 50, parts, title }
}

/// Mixed origins, by agreement, where a country is asked for (4L).
pub(super) const MIXED_ORIGIN: &str = "AA";

/// True where `field` begins with something of the form of an identifier: up to three digits and a letter.
pub(super) fn has_form(field: &str) -> bool {
    let letter = field.trim_start_matches(|c: char| c.is_ascii_digit());
    field.len() - letter.len() <= 3 && letter.starts_with(|c: char| c.is_ascii_uppercase())
}

/// The identifier that `field` begins with: its length and its row.
pub(super) fn find(field: &str) -> Option<(usize, u16)> {
    let len = field.find(|c: char| !c.is_ascii_digit())? + 1;
    let text = field.get(..len)?;
    let place = DI_TABLE.iter().position(|(di, _)| *di == text)?;
    Some((len, DI_ROW_FIRST + u16::try_from(place).ok()?))
}
