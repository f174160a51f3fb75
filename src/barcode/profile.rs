//! How one device's scanner talks: what stands for the separator, what it adds, and which codes are the
//! site's own.

use super::keyboard::Keyboard;
use serde::{Deserialize, Serialize};

/// The byte that separates elements (FNC1 within the data; General Specifications 7.8).
pub(super) const GS: u8 = 0x1d;

/// What one of the site's own codes is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Deserialize, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum LocalKind {
    /// An operator.
    Badge,
    /// A pallet, tote or case with a code of the site's own.
    HandlingUnit,
    /// A place.
    Location,
    /// An inbound or outbound order.
    Order,
}

impl LocalKind {
    /// The name in JSON; stable.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Badge => "badge",
            Self::HandlingUnit => "handling-unit",
            Self::Location => "location",
            Self::Order => "order",
        }
    }
}

/// A device's scanner and a site's own codes.
///
/// The default takes what scanners send most often for the separator; none of it is allowed in a GS1 value.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Profile {
    pub(super) separators: Vec<String>,
    /// The bytes that a separator begins with, so that most bytes of a value cost one look.
    begins: [u64; 4],
    pub(super) prefixes: Vec<String>,
    pub(super) suffixes: Vec<String>,
    pub(super) keyboard: Keyboard,
    pub(super) local: Vec<(LocalKind, String)>,
    healthcare: bool,
}

impl Default for Profile {
    fn default() -> Self {
        Self::bare()
            .with_separator("{GS}")
            .with_separator("^]")
            .with_separator("|")
            .with_separator("\u{241d}")
            .with_local(LocalKind::Badge, "B-####")
            .with_local(LocalKind::Badge, "BADGE-*")
            .with_local(LocalKind::HandlingUnit, "HU-*")
    }
}

impl Profile {
    /// A scanner that sends the byte 0x1D and adds nothing, at a site without codes of its own.
    #[must_use]
    pub fn bare() -> Self {
        let mut bare = Self {
            separators: Vec::new(),
            begins: [0; 4],
            prefixes: Vec::new(),
            suffixes: Vec::new(),
            keyboard: Keyboard::default(),
            local: Vec::new(),
            healthcare: false,
        };
        bare.note_begin(GS);
        bare
    }

    /// Takes `text` for the separator too. An empty text is ignored.
    #[must_use]
    pub fn with_separator(mut self, text: &str) -> Self {
        if self.separators.iter().any(|known| known == text) {
            return self;
        }
        push_text(&mut self.separators, text);
        if let Some(&first) = text.as_bytes().first() {
            self.note_begin(first);
        }
        self
    }

    /// Takes `text` off the beginning of each scan. An empty text is ignored.
    #[must_use]
    pub fn with_prefix(mut self, text: &str) -> Self {
        push_text(&mut self.prefixes, text);
        self
    }

    /// Takes `text` off the end of each scan. An empty text is ignored.
    #[must_use]
    pub fn with_suffix(mut self, text: &str) -> Self {
        push_text(&mut self.suffixes, text);
        self
    }

    /// Takes back what a keyboard in the wrong layout makes of characters: each pair is what arrives, and
    /// what it stands for.
    #[must_use]
    pub fn with_keys(mut self, pairs: &[(char, char)]) -> Self {
        pairs.iter().for_each(|&(arrives, means)| self.keyboard.learn(arrives, means));
        self
    }

    /// Caps Lock is on: small and capital letters arrive swapped, until an identifier shows that they do not.
    #[must_use]
    pub fn with_caps_lock(mut self, caps_lock: bool) -> Self {
        self.keyboard.caps_lock = caps_lock;
        self
    }

    /// The same without prefixes, suffixes and the keyboard's ways: what a calibration begins with.
    pub(super) fn without_scanner(&self) -> Self {
        let local = self.local.clone();
        Self { local, healthcare: self.healthcare, ..Self::default() }
    }

    /// Takes codes of this form for the site's own: `#` is a digit, `?` any character, `*` at the end the
    /// rest.
    #[must_use]
    pub fn with_local(mut self, kind: LocalKind, pattern: &str) -> Self {
        if !pattern.is_empty() {
            self.local.push((kind, pattern.to_owned()));
        }
        self
    }

    /// Everything at this site is a regulated healthcare product.
    #[must_use]
    pub fn with_healthcare(mut self, healthcare: bool) -> Self {
        self.healthcare = healthcare;
        self
    }

    /// See [`with_healthcare`](Self::with_healthcare).
    #[must_use]
    pub fn is_healthcare(&self) -> bool {
        self.healthcare
    }

    /// The first separator that is not a usual one.
    #[must_use]
    pub fn own_separator(&self) -> Option<&str> {
        let usual = Self::default().separators;
        self.separators.iter().find(|text| !usual.contains(text)).map(String::as_str)
    }

    /// What is taken off the beginning.
    #[must_use]
    pub fn first_prefix(&self) -> Option<&str> {
        self.prefixes.first().map(String::as_str)
    }

    /// What is taken off the end.
    #[must_use]
    pub fn first_suffix(&self) -> Option<&str> {
        self.suffixes.first().map(String::as_str)
    }

    /// True where letters arrive swapped.
    #[must_use]
    pub fn has_caps_lock(&self) -> bool {
        self.keyboard.caps_lock
    }

    /// Keys that arrive as others.
    #[must_use]
    pub fn swapped_keys(&self) -> usize {
        self.keyboard.pairs().count()
    }

    /// What the site uses this code for, where its form tells.
    #[must_use]
    pub fn local_kind(&self, text: &str) -> Option<LocalKind> {
        self.local.iter().find(|(_, pattern)| fits(pattern, text)).map(|(kind, _)| *kind)
    }

    /// Bytes of the separator that `bytes` begin with, 0 where none does.
    pub(super) fn separator_len(&self, bytes: &[u8]) -> usize {
        match bytes.first() {
            Some(&GS) => 1,
            Some(&first) if self.may_begin(first) => {
                let here = |text: &&String| bytes.starts_with(text.as_bytes());
                self.separators.iter().find(here).map_or(0, String::len)
            }
            _ => 0,
        }
    }

    fn note_begin(&mut self, byte: u8) {
        if let Some(word) = self.begins.get_mut(usize::from(byte >> 6)) {
            *word |= 1 << (byte & 63);
        }
    }

    fn may_begin(&self, byte: u8) -> bool {
        self.begins.get(usize::from(byte >> 6)).is_some_and(|word| word >> (byte & 63) & 1 == 1)
    }

    /// The part of `text` that the label itself says: without blanks, line ends, STX and ETX, prefixes and
    /// suffixes.
    pub(super) fn body<'a>(&self, text: &'a str) -> &'a str {
        let mut body = text.trim_matches(is_padding);
        for prefix in &self.prefixes {
            body = body.strip_prefix(prefix.as_str()).unwrap_or(body);
        }
        for suffix in &self.suffixes {
            body = body.strip_suffix(suffix.as_str()).unwrap_or(body);
        }
        body.trim_matches(is_padding)
    }

    /// What stands between the data and what this scanner adds: blanks of the label itself, where it has some.
    ///
    /// `rest` is the scan after [`body`](Self::body).
    pub(super) fn tail<'a>(&self, rest: &'a str) -> &'a str {
        let mut tail = rest.trim_end_matches(is_frame);
        // Each is added once; the last one of the list stands behind the others.
        for suffix in self.suffixes.iter().rev() {
            tail = tail.strip_suffix(suffix.as_str()).unwrap_or(tail).trim_end_matches(is_frame);
        }
        tail
    }
}

/// Line ends and the frame that a scanner puts around a scan; blanks are no part of it.
fn is_frame(c: char) -> bool {
    is_padding(c) && c != ' '
}

fn push_text(list: &mut Vec<String>, text: &str) {
    if !text.is_empty() {
        list.push(text.to_owned());
    }
}

fn is_padding(c: char) -> bool {
    matches!(c, ' ' | '\t' | '\r' | '\n' | '\u{2}' | '\u{3}' | '\0')
}

fn fits(pattern: &str, text: &str) -> bool {
    let mut rest = text.chars();
    let mut form = pattern.chars();
    while let Some(wanted) = form.next() {
        if wanted == '*' && form.as_str().is_empty() {
            return !rest.as_str().is_empty();
        }
        let Some(found) = rest.next() else { return false };
        let fits = match wanted {
            '#' => found.is_ascii_digit(),
            '?' => true,
            _ => found == wanted,
        };
        if !fits {
            return false;
        }
    }
    rest.as_str().is_empty()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(pattern: &str, text: &str, expected: bool) {
        assert_eq!(fits(pattern, text), expected, "{pattern} {text}");
    }

    #[test]
    fn patterns_take_whole_codes() {
        check("B-####", "B-0042", true);
        check("B-####", "B-03-2", false);
        check("B-####", "B-00421", false);
        check("HU-*", "HU-7", true);
        check("HU-*", "HU-", false);
        check("A-?#", "A-é7", true);
    }
}
