//! Several symbols in one burst of keys: a fast scanner without a line end runs them together.

use super::profile::Profile;
use super::symbology::{Symbology, identify};

/// Symbols that one burst is parted into; the rest stays with the last one.
const SYMBOLS_MAX: usize = 8;

/// The symbols of one burst, in order: usually the burst itself.
///
/// It is parted where another symbology identifier begins. `]` is in no value of a GS1, EAN or Code 39
/// symbol (General Specifications 7.11), but it may well be in the text of a QR Code or a plain Data Matrix,
/// which stay whole; and `^]` is how some scanners write the separator.
#[must_use]
pub fn symbols<'a>(bytes: &'a [u8], profile: &Profile) -> Vec<&'a [u8]> {
    let several = std::str::from_utf8(bytes).ok().and_then(|text| parted(text, profile));
    several.unwrap_or_else(|| vec![bytes])
}

fn parted<'a>(text: &'a str, profile: &Profile) -> Option<Vec<&'a [u8]>> {
    if !profile.keyboard.may_write(text, ']') {
        return None;
    }
    let (restored, _) = profile.keyboard.restore(text);
    let begin = restored.find(']')?;
    let prefix = restored.get(..begin)?;
    let padded =
        prefix.chars().all(|c| c.is_control() || c == ' ') || profile.prefixes.iter().any(|p| p == prefix);
    if !padded || !is_plain_data(kind(restored.get(begin..)?)) {
        return None;
    }
    let mut places = vec![0];
    let mut before = ' ';
    for (index, (at, c)) in restored.char_indices().enumerate() {
        let next = c == ']' && before != '^' && at > begin + 3 && places.len() < SYMBOLS_MAX;
        if next && !matches!(kind(restored.get(at..)?), Symbology::Unknown | Symbology::Other) {
            // Character for character, so the same count finds the place in what arrived.
            places.push(text.char_indices().nth(index)?.0);
        }
        before = c;
    }
    let ends = places.iter().skip(1).copied().chain([text.len()]);
    Some(places.iter().zip(ends).filter_map(|(&from, to)| text.as_bytes().get(from..to)).collect())
}

fn kind(text: &str) -> Symbology {
    identify(text.as_bytes()).0
}

/// False for symbols whose text may hold anything.
fn is_plain_data(symbology: Symbology) -> bool {
    symbology.is_gs1() || symbology.is_trade() || matches!(symbology, Symbology::Code39 | Symbology::Itf)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(burst: &str, expected: &[&str]) {
        let found: Vec<_> =
            symbols(burst.as_bytes(), &Profile::default()).into_iter().map(String::from_utf8_lossy).collect();
        assert_eq!(found, expected, "{burst}");
    }

    #[test]
    fn a_burst_is_parted_at_identifiers() {
        check("]C110L1]C110L2", &["]C110L1", "]C110L2"]);
        check("]E09506000134352]C117270630]C110A", &["]E09506000134352", "]C117270630", "]C110A"]);
        check("\u{2}]C110L1\r\n]d210L2\r", &["\u{2}]C110L1\r\n", "]d210L2\r"]);
        // Caps Lock.
        check("]c110l1]D210l2", &["]c110l1", "]D210l2"]);
    }

    #[test]
    fn one_symbol_stays_whole() {
        for burst in
            ["", "A-03-2", "]C110A^]17270630", "]Q1see ]C1 in the manual", "]d1[1]d2", "A]C1", "]C110A]shelf"]
        {
            check(burst, &[burst]);
        }
        assert_eq!(symbols(b"\xff]C110A]C110B", &Profile::default()).len(), 1);
    }

    #[test]
    fn another_layout_parts_at_its_own_sign() {
        let german = Profile::default().with_keys(&[('+', ']'), ('ü', '[')]);
        let found = symbols("+C110ü+C110B".as_bytes(), &german);
        assert_eq!(found, ["+C110ü".as_bytes(), b"+C110B"]);
    }
}
