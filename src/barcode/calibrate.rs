//! Finds out how a scanner talks, from four known symbols.
//!
//! A plain one shows what is added before and after the data and whether the symbology is named, one with two
//! elements what stands for the separator, one with all letters and one with all other characters what the
//! keyboard makes of them. What comes out is a profile with which all four read as they should, or the
//! reasons why there is none.

use super::keyboard::swapped;
use super::profile::{GS, Profile};
use super::read;
use crate::domain::Day;
use std::collections::BTreeMap;

/// What the four symbols hold, GS as 0x1D. The first is plain Code 128, the second GS1-128, the others GS1
/// DataMatrix with an internal AI.
pub const SYMBOLS: [&str; 4] = [
    "FIRSTOUT-10",
    "10AB12\u{1d}2134",
    "91ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz",
    "91!\"%&'()*+,-./:;<=>?_0123456789",
];

/// The identifiers of the four.
const IDENTIFIERS: [&str; 4] = ["]C0", "]C1", "]d2", "]d2"];

/// The one with two elements, and what stands on both sides of the separator.
const PARTED: usize = 1;
const SIDES: (&str, &str) = ("10AB12", "2134");

/// More characters than this before or after the data are another symbol.
const ADDED_CHARS_MAX: usize = 24;

/// Why a scanner's way cannot be learned, or what is worth setting anyway.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Trouble {
    /// The scan of this symbol (0 to 3) is of another one, or too much of it is lost.
    OtherSymbol {
        /// Which.
        symbol: usize,
    },
    /// Characters of this symbol (0 to 3) do not arrive at all.
    CharactersLost {
        /// Which.
        symbol: usize,
        /// How many.
        count: usize,
    },
    /// Nothing arrives for the separator: two elements would run into one.
    NoSeparator,
    /// What stands for the separator may stand in a lot number as well.
    SeparatorIsData {
        /// What arrives.
        text: String,
    },
    /// Two characters arrive as the same one.
    SameKey {
        /// What arrives.
        arrives: char,
        /// One character it stands for.
        one: char,
        /// The other.
        other: char,
    },
    /// Small letters arrive as capitals or the other way round.
    CaseLost,
    /// The scanner adds something else each time.
    Unsteady,
    /// The scanner does not name the symbology: an EAN may be taken for something else.
    NoIdentifier,
}

impl Trouble {
    /// True where no profile helps: the scanner itself must be set.
    #[must_use]
    pub fn is_fatal(&self) -> bool {
        !matches!(self, Self::NoIdentifier | Self::SeparatorIsData { .. })
    }
}

/// How a scanner talks.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Calibration {
    /// The profile, where there is one with which all four symbols read as they should.
    pub profile: Option<Profile>,
    /// What stands in the way, or is worth setting at the scanner.
    pub troubles: Vec<Trouble>,
}

/// True where these bytes can be the symbol with that number at all: enough of its characters arrived.
#[must_use]
pub fn is_symbol(symbol: usize, heard: &[u8]) -> bool {
    let text = text_of(heard);
    SYMBOLS.get(symbol).is_some_and(|data| place(&text, data, symbol).is_some())
}

/// Learns from what arrived for each of [`SYMBOLS`]; local codes and the like stay those of `base`.
#[must_use]
pub fn calibrate(heard: [&[u8]; 4], base: &Profile, today: Day) -> Calibration {
    let mut troubles = Vec::new();
    let profile = learn(heard, base, &mut troubles).filter(|_| !troubles.iter().any(Trouble::is_fatal));
    let profile = profile.filter(|profile| {
        let works = heard.iter().zip(SYMBOLS).all(|(heard, data)| reads_as(heard, data, profile, today));
        if !works {
            troubles.push(Trouble::Unsteady);
        }
        works
    });
    Calibration { profile, troubles }
}

fn text_of(heard: &[u8]) -> Vec<char> {
    let text = match std::str::from_utf8(heard) {
        Ok(text) => text.to_owned(),
        Err(_) => heard.iter().map(|&byte| char::from(byte)).collect(),
    };
    text.trim_matches(|c| matches!(c, ' ' | '\t' | '\r' | '\n' | '\u{2}' | '\u{3}' | '\0')).chars().collect()
}

/// The blanks that the scanner adds behind each symbol: none of the four ends with one.
fn added_blanks(heard: [&[u8]; 4]) -> String {
    let blanks = heard.map(|heard| {
        let end = heard.iter().rev().skip_while(|byte| byte.is_ascii_control());
        end.take_while(|byte| **byte == b' ').count()
    });
    let [first, ..] = blanks;
    if blanks.iter().all(|count| *count == first) { " ".repeat(first) } else { String::new() }
}

/// What arrived for one symbol: added before, data, added after.
#[derive(Debug)]
struct Parts {
    before: Vec<char>,
    data: Vec<char>,
    after: Vec<char>,
}

/// Finds the data within what arrived: where the fewest characters differ, the case aside.
fn place(text: &[char], data: &str, symbol: usize) -> Option<Parts> {
    // The separator may have any length; both sides stay.
    let wanted: Vec<char> = data.chars().filter(|c| u32::from(*c) != u32::from(GS)).collect();
    let mut best: Option<(usize, Parts)> = None;
    let (head, tail) = if symbol == PARTED { SIDES } else { (data, "") };
    let (head_len, tail_len) = (head.len(), tail.len());
    for from in 0..=text.len().checked_sub(wanted.len())?.min(ADDED_CHARS_MAX) {
        let longest = if symbol == PARTED { text.len() - from } else { wanted.len() };
        for len in wanted.len()..=longest.min(wanted.len() + ADDED_CHARS_MAX) {
            let Some(found) = text.get(from..from + len) else { break };
            let sides = found.iter().take(head_len).chain(found.iter().skip(len - tail_len));
            let same = |(a, b): &(&char, &char)| a.eq_ignore_ascii_case(b);
            let differ = wanted.len() - sides.zip(&wanted).filter(same).count();
            // Of equals the longest between the sides: everything there is the separator.
            if best.as_ref().is_none_or(|(least, parts)| (differ, len) < (*least, parts.data.len())) {
                let (before, after) = (text.get(..from)?.to_vec(), text.get(from + len..)?.to_vec());
                best = Some((differ, Parts { before, data: found.to_vec(), after }));
            }
        }
    }
    // Another layout changes most of the signs, and a quarter of the letters at the most.
    let (differ, parts) = best?;
    let differ_max = if symbol == 3 { wanted.len() - 4 } else { wanted.len() / 3 };
    (differ <= differ_max && parts.after.len() <= ADDED_CHARS_MAX).then_some(parts)
}

fn learn(heard: [&[u8]; 4], base: &Profile, troubles: &mut Vec<Trouble>) -> Option<Profile> {
    let mut parts = Vec::new();
    for (symbol, (heard, data)) in heard.iter().zip(SYMBOLS).enumerate() {
        match place(&text_of(heard), data, symbol) {
            Some(found) => parts.push(found),
            None => troubles.push(Trouble::OtherSymbol { symbol }),
        }
    }
    troubles.extend(lost_characters(heard));
    if !troubles.is_empty() {
        return None;
    }
    let separator = separator(&parts, troubles);
    let mut keys = keys(&parts, troubles)?;
    let frame = frame(&parts, &mut keys, troubles)?;
    let caps_lock = takes_back_case(&mut keys);
    let means = |c: char| -> char {
        let c = keys.get(&c).copied().unwrap_or(c);
        if caps_lock { swapped(c) } else { c }
    };
    let meant = |chars: &[char]| -> String { chars.iter().map(|c| means(*c)).collect() };
    let pairs: Vec<(char, char)> = keys.iter().filter(|(a, b)| a != b).map(|(a, b)| (*a, *b)).collect();
    let mut profile = base.without_scanner().with_keys(&pairs).with_caps_lock(caps_lock);
    profile = profile.with_prefix(&meant(&frame.0)).with_suffix(&meant(&frame.1));
    profile = profile.with_suffix(&added_blanks(heard));
    Some(profile.with_separator(&meant(&separator?)))
}

/// The scanner adds as much to each symbol, so one that is shorter than it should be lost something.
fn lost_characters(heard: [&[u8]; 4]) -> Option<Trouble> {
    let added: Vec<Option<usize>> =
        heard.iter().zip(SYMBOLS).map(|(heard, data)| text_of(heard).len().checked_sub(data.len())).collect();
    let most = added.first().copied()??;
    // The separator has a length of its own.
    let count = |added: usize| most.checked_sub(added).filter(|count| *count > 0);
    let lost = |(symbol, added): (usize, &Option<usize>)| Some((symbol, count((*added)?)?));
    let found = added.iter().enumerate().skip(PARTED + 1).find_map(lost)?;
    Some(Trouble::CharactersLost { symbol: found.0, count: found.1 })
}

/// What stands between the two elements of the second symbol; nothing for the byte itself.
fn separator(parts: &[Parts], troubles: &mut Vec<Trouble>) -> Option<Vec<char>> {
    let data = &parts.get(PARTED)?.data;
    let between = data.get(SIDES.0.len()..data.len() - SIDES.1.len())?;
    if between.is_empty() {
        troubles.push(Trouble::NoSeparator);
        return None;
    }
    if between.iter().all(|c| c.is_ascii_alphanumeric()) {
        troubles.push(Trouble::SeparatorIsData { text: between.iter().collect() });
    }
    Some(if between == [char::from(GS)] { Vec::new() } else { between.to_vec() })
}

/// What arrives for each character of the four.
fn keys(parts: &[Parts], troubles: &mut Vec<Trouble>) -> Option<BTreeMap<char, char>> {
    let mut keys = BTreeMap::new();
    let mut clash = None;
    for (symbol, (parts, data)) in parts.iter().zip(SYMBOLS).enumerate() {
        let (head, tail) = if symbol == PARTED { SIDES } else { (data, "") };
        let tail_at = parts.data.len() - tail.len();
        let arrived = parts.data.iter().take(head.len()).chain(parts.data.iter().skip(tail_at));
        for (&arrives, means) in arrived.zip(head.chars().chain(tail.chars())) {
            let before = *keys.entry(arrives).or_insert(means);
            if before != means && clash.is_none_or(|(_, a, b)| swapped(a) == b) {
                clash = Some((arrives, before, means));
            }
        }
    }
    match clash {
        Some((_, one, other)) if swapped(one) == other => troubles.push(Trouble::CaseLost),
        Some((arrives, one, other)) => troubles.push(Trouble::SameKey { arrives, one, other }),
        None => return Some(keys),
    }
    None
}

type Frame = (Vec<char>, Vec<char>);

/// What the scanner adds before and after each symbol, beside the identifier.
fn frame(parts: &[Parts], keys: &mut BTreeMap<char, char>, troubles: &mut Vec<Trouble>) -> Option<Frame> {
    let first = parts.first()?;
    let named = parts.iter().zip(IDENTIFIERS).all(|(parts, identifier)| {
        // The first character of an identifier is in none of the symbols; the others are.
        let end = parts.before.len().checked_sub(2).and_then(|at| parts.before.get(at..));
        let letters = end.map(|end| end.iter().map(|c| keys.get(c).copied()).collect::<Vec<_>>());
        parts.before.len() >= 3 && letters == Some(identifier.chars().skip(1).map(Some).collect())
    });
    if named {
        let sign = first.before.get(first.before.len().checked_sub(3)?)?;
        // A sign that stands for a character of the symbols too cannot be told from it.
        let before = *keys.entry(*sign).or_insert(']');
        if before != ']' {
            troubles.push(Trouble::SameKey { arrives: *sign, one: before, other: ']' });
            return None;
        }
    } else {
        troubles.push(Trouble::NoIdentifier);
    }
    let identifier_len = if named { 3 } else { 0 };
    let before = |parts: &Parts| {
        parts.before.get(..parts.before.len().saturating_sub(identifier_len)).map(<[char]>::to_vec)
    };
    let frame = (before(first)?, first.after.clone());
    if parts.iter().any(|parts| before(parts).as_ref() != Some(&frame.0) || parts.after != frame.1) {
        troubles.push(Trouble::Unsteady);
        return None;
    }
    Some(frame)
}

/// Caps Lock where all letters are swapped: then the rest of the keys is what it would be without it.
fn takes_back_case(keys: &mut BTreeMap<char, char>) -> bool {
    let letters = || keys.iter().filter(|(_, means)| means.is_ascii_alphabetic());
    let same_case = letters()
        .filter(|(arrives, means)| arrives.is_ascii_lowercase() == means.is_ascii_lowercase())
        .count();
    let caps_lock = same_case * 2 < letters().count();
    if caps_lock {
        keys.values_mut().for_each(|means| *means = swapped(*means));
    }
    caps_lock
}

fn reads_as(heard: &[u8], data: &str, profile: &Profile, today: Day) -> bool {
    let reading = read(heard, profile, today);
    if data == SYMBOLS.get(PARTED).copied().unwrap_or_default() {
        let parts = (reading.lot(), reading.serial());
        return matches!(parts, (Some(lot), Some(serial)) if lot.as_str() == "AB12" && serial.as_str() == "34");
    }
    reading.data() == data
}

#[cfg(test)]
mod tests {
    use super::super::tests::today;
    use super::*;

    /// What a scanner makes of the symbols.
    struct Scanner<'a> {
        identifiers: bool,
        before: &'a str,
        separator: &'a str,
        after: &'a str,
        keys: &'a dyn Fn(char) -> Option<char>,
    }

    impl Scanner<'_> {
        fn sends(&self) -> Vec<String> {
            let symbols = SYMBOLS.iter().zip(IDENTIFIERS);
            let sent = symbols.map(|(data, identifier)| {
                let identifier = if self.identifiers { identifier } else { "" };
                let data = data.replace('\u{1d}', self.separator);
                format!("{}{identifier}{data}{}", self.before, self.after)
            });
            sent.map(|sent| sent.chars().filter_map(self.keys).collect()).collect()
        }
    }

    const PLAIN: Scanner<'static> =
        Scanner { identifiers: true, before: "", separator: "\u{1d}", after: "\r", keys: &Some };

    /// The scanner is understood with this profile, and so is a label that it reads.
    fn check(scanner: &Scanner<'_>, expected: &Profile, troubles: &[Trouble]) {
        let sent = scanner.sends();
        let heard = [0, 1, 2, 3].map(|index: usize| sent[index].as_bytes());
        let found = calibrate(heard, &Profile::default(), today());
        assert_eq!(found.troubles, troubles, "{sent:?}");
        assert_eq!(found.profile.as_ref(), Some(expected), "{sent:?}");
    }

    fn check_fails(scanner: &Scanner<'_>, expected: &[Trouble]) {
        let sent = scanner.sends();
        let heard = [0, 1, 2, 3].map(|index: usize| sent[index].as_bytes());
        let found = calibrate(heard, &Profile::default(), today());
        assert_eq!((found.troubles.as_slice(), found.profile), (expected, None), "{sent:?}");
    }

    #[test]
    fn what_a_scanner_adds_is_found() {
        check(&PLAIN, &Profile::default(), &[]);
        for separator in ["{GS}", "^]", "|"] {
            check(&Scanner { separator, ..PLAIN }, &Profile::default().with_separator(separator), &[]);
        }
        let framed = Scanner { before: "~<", after: ">#\t", separator: "<GS>", ..PLAIN };
        let profile = Profile::default().with_prefix("~<").with_suffix(">#").with_separator("<GS>");
        check(&framed, &profile, &[]);
        let is_data = Trouble::SeparatorIsData { text: "F8".into() };
        check(&Scanner { separator: "F8", ..PLAIN }, &Profile::default().with_separator("F8"), &[is_data]);
        check(&Scanner { identifiers: false, ..PLAIN }, &Profile::default(), &[Trouble::NoIdentifier]);
        // A blank is kept, so that one behind an HIBC label is not taken for its check character; a Tab only ends a scan.
        check(&Scanner { after: " \r", ..PLAIN }, &Profile::default().with_suffix(" "), &[]);
        check(&Scanner { after: "\t", ..PLAIN }, &Profile::default(), &[]);
        let both = Scanner { after: "# \t", ..PLAIN };
        check(&both, &Profile::default().with_suffix("#").with_suffix(" "), &[]);
        let literal = Scanner { identifiers: false, before: "]C1", ..PLAIN };
        check(&literal, &Profile::default().with_prefix("]C1"), &[Trouble::NoIdentifier]);
    }

    #[test]
    fn caps_lock_and_layouts_are_found() {
        let locked = Scanner { keys: &|c| Some(swapped(c)), ..PLAIN };
        check(&locked, &Profile::default().with_caps_lock(true), &[]);
        const US: &str = "yzYZ-_=+[]{};:'\"\\|<>/?@^&*()";
        const DE: &str = "zyZYß?´`ü+Ü*öÖäÄ#'<>-_\"&/()=";
        let german = |c: char| {
            let place = US.chars().position(|us| us == c);
            Some(place.and_then(|place| DE.chars().nth(place)).unwrap_or(c))
        };
        let scanner = Scanner { separator: "^]", keys: &german, ..PLAIN };
        let sent = scanner.sends();
        let heard = [0, 1, 2, 3].map(|index: usize| sent[index].as_bytes());
        let profile = calibrate(heard, &Profile::default(), today()).profile.unwrap();
        let label: String = "]d21727063010Y/Z-1^]21S".chars().filter_map(german).collect();
        let reading = read(label.as_bytes(), &profile, today());
        assert_eq!(reading.to_string(), "expires 2027-06-30 · lot Y/Z-1 · serial S", "{label}");
        assert_eq!(Profile::from_json(&profile.to_json()).unwrap(), profile);
    }

    #[test]
    fn what_no_profile_helps_is_said() {
        check_fails(&Scanner { separator: "", ..PLAIN }, &[Trouble::NoSeparator]);
        let upper = |c: char| Some(c.to_ascii_uppercase());
        check_fails(&Scanner { keys: &upper, ..PLAIN }, &[Trouble::CaseLost]);
        let same = |c| Some(if c == '/' { '-' } else { c });
        let clash = Trouble::SameKey { arrives: '-', one: '-', other: '/' };
        check_fails(&Scanner { keys: &same, ..PLAIN }, &[clash]);
        let dead = |c| (c != '"').then_some(c);
        check_fails(&Scanner { keys: &dead, ..PLAIN }, &[Trouble::CharactersLost { symbol: 3, count: 1 }]);
        let sent = PLAIN.sends();
        let mixed = [1, 0, 2, 3].map(|index: usize| sent[index].as_bytes());
        let troubles = calibrate(mixed, &Profile::default(), today()).troubles;
        assert_eq!(troubles, [Trouble::OtherSymbol { symbol: 0 }, Trouble::OtherSymbol { symbol: 1 }]);
        for (symbol, sent) in sent.iter().enumerate() {
            for other in 0..4 {
                assert_eq!(is_symbol(other, sent.as_bytes()), other == symbol, "{sent} {other}");
            }
        }
    }

    proptest::proptest! {
        #[test]
        fn any_bytes_are_answered(heard in proptest::collection::vec("[ -~]{0,80}", 4)) {
            let heard = [0, 1, 2, 3].map(|index: usize| heard[index].as_bytes());
            let found = calibrate(heard, &Profile::default(), today());
            proptest::prop_assert!(found.profile.is_some() || !found.troubles.is_empty());
        }
    }
}
