//! What a keyboard makes of a scan: a scanner in keyboard mode presses keys, and which characters these are
//! depends on the layout the device is set to and on Caps Lock.

use std::borrow::Cow;

/// How characters arrive.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(super) struct Keyboard {
    /// What arrives and what it stands for, in order.
    keys: Vec<(char, char)>,
    /// Small and capital letters arrive swapped.
    pub caps_lock: bool,
}

/// What was made of a scan before it was read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Swapped {
    /// Nothing, or what the profile says.
    AsKnown,
    /// Letters, because the identifier shows that Caps Lock is on.
    ByIdentifier,
}

impl Keyboard {
    /// Adds a pair; what arrives stands for one character only.
    pub(super) fn learn(&mut self, arrives: char, means: char) {
        match self.keys.binary_search_by_key(&arrives, |pair| pair.0) {
            Ok(place) => self.keys.splice(place..=place, [(arrives, means)]).for_each(drop),
            Err(place) => self.keys.insert(place, (arrives, means)),
        }
    }

    pub(super) fn pairs(&self) -> impl Iterator<Item = (char, char)> {
        self.keys.iter().copied()
    }

    fn means(&self, c: char) -> char {
        let found = self.keys.binary_search_by_key(&c, |pair| pair.0);
        found.ok().and_then(|place| self.keys.get(place)).map_or(c, |pair| pair.1)
    }

    /// True where `text` may stand for something with this character in it.
    pub(super) fn may_write(&self, text: &str, c: char) -> bool {
        text.contains(c) || !self.keys.is_empty()
    }

    /// The text as the symbol has it: character for character, so that places can be found again.
    pub(super) fn restore<'a>(&self, text: &'a str) -> (Cow<'a, str>, Swapped) {
        let mut shown = Cow::Borrowed(text);
        if !self.keys.is_empty() {
            shown = Cow::Owned(text.chars().map(|c| self.means(c)).collect());
        }
        let (swap, why) = match case_of_identifier(&shown) {
            Some(Case::Swapped) if self.caps_lock => (true, Swapped::AsKnown),
            Some(Case::Swapped) => (true, Swapped::ByIdentifier),
            Some(Case::Straight) => (false, Swapped::AsKnown),
            None => (self.caps_lock, Swapped::AsKnown),
        };
        if swap {
            shown = Cow::Owned(shown.chars().map(swapped).collect());
        }
        (shown, why)
    }
}

pub(super) fn swapped(c: char) -> char {
    match c {
        'a'..='z' => c.to_ascii_uppercase(),
        'A'..='Z' => c.to_ascii_lowercase(),
        c => c,
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Case {
    Straight,
    Swapped,
}

/// What the identifiers of GS1 symbols tell of Caps Lock; `]E` and `]e` are identifiers both.
fn case_of_identifier(text: &str) -> Option<Case> {
    let at = text.find(|c: char| !c.is_control() && c != ' ')?;
    match text.get(at..at + 3)? {
        "]C1" | "]d2" | "]Q3" | "]J1" => Some(Case::Straight),
        "]c1" | "]D2" | "]q3" | "]j1" => Some(Case::Swapped),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::super::tests::{check, summary, today};
    use super::super::{Profile, read};
    use proptest::strategy::Strategy;

    fn check_with(profile: &Profile, label: &str, expected: &str) {
        assert_eq!(summary(&read(label.as_bytes(), profile, today())), expected, "{label}");
    }

    proptest::proptest! {
        #[test]
        fn any_layout_is_taken_back(
            arriving in proptest::sample::subsequence((' '..='~').collect::<Vec<_>>(), 40).prop_shuffle(),
            lot in "[ -~]{1,20}",
            caps_lock: bool,
        ) {
            // What is pressed and what arrives are the same keys in another order.
            let mut pressed = arriving.clone();
            pressed.sort_unstable();
            let pairs: Vec<_> = arriving.into_iter().zip(pressed).collect();
            let arrives = |c: char| pairs.iter().find(|pair| pair.1 == c).map_or(c, |pair| pair.0);
            let label = format!("]d21727063010{lot}");
            let lock = |c| if caps_lock { super::swapped(c) } else { c };
            let heard: String = label.chars().map(|c| arrives(lock(c))).collect();
            let profile = Profile::bare().with_keys(&pairs).with_caps_lock(caps_lock);
            let (found, wanted) = (
                read(heard.as_bytes(), &profile, today()),
                read(label.as_bytes(), &Profile::bare(), today()),
            );
            proptest::prop_assert_eq!(found.to_string(), wanted.to_string());
            proptest::prop_assert_eq!(found.raw(), heard.as_bytes());
            let places = |reading: &super::super::Reading| -> Vec<usize> {
                reading.errors().iter().map(|issue| issue.at).collect()
            };
            proptest::prop_assert_eq!(places(&found), places(&wanted));
        }
    }

    #[test]
    fn an_identifier_shows_caps_lock() {
        check("]D2010950600013435210l2231a", "gtin 09506000134352 · lot L2231A ?case-swapped");
        check("]c110l2231", "lot L2231 ?case-swapped");
        check("]C110l2231", "lot l2231");
        let locked = Profile::default().with_caps_lock(true);
        check_with(&locked, "]D210l2231A", "lot L2231a");
        check_with(&locked, "]d210L2231", "lot L2231");
        check_with(&locked, "a-03-2", "text A-03-2");
    }

    #[test]
    fn a_wrong_layout_is_taken_back() {
        // A scanner set to an American keyboard on a device with a German one.
        let german = Profile::default().with_keys(&[
            ('y', 'z'),
            ('z', 'y'),
            ('Y', 'Z'),
            ('Z', 'Y'),
            ('+', ']'),
            ('ß', '-'),
            (')', '('),
            ('Ü', '{'),
            ('*', '}'),
        ]);
        check_with(&german, "+C110ZYßAÜGS*17270630", "lot YZ-A · expires 2027-06-30");
        // Errors are found in the bytes that arrived.
        check_with(&german, "+C110ßßÜGS*17271330", "lot -- · (17) 271330 !invalid-date@16");
    }
}
