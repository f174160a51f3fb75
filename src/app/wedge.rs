//! Scanners in keyboard mode: told from fingers by their speed and by the key they end with.
//!
//! No clock is read here; the caller says when each key came. While a keypad is open, single keys belong to it after a
//! short pause, so that a scan in the middle of typing is still a scan. While none is open every run of keys is a scan
//! once it ends; a person who just begins to type is offered the keypad.

/// Keys of one scan follow each other within so many milliseconds; a fast typist needs twice that.
pub const BURST_GAP_MS: u64 = 60;
/// With no keypad open a scanner may stumble that long.
pub const PAUSE_MS: u64 = 400;
/// Fewer keys before a terminator are typing, while a keypad is open.
const SCAN_CHARS_MIN: usize = 3;
/// A scan without a terminator has at least so many.
const UNENDED_CHARS_MIN: usize = 6;
/// More bytes than any symbol holds.
const CHARS_MAX: usize = 4096;

/// What stands for the separator where a keyboard cannot send 0x1D.
const F8: char = '\u{f70b}';
const GS: char = '\u{1d}';
const BACK: char = '\u{f748}';

/// One key as the window reports it.
#[derive(Debug, Clone, Copy, Default)]
pub struct Key<'a> {
    /// Its text; control characters and private use for keys without one.
    pub text: &'a str,
    /// With Control.
    pub control: bool,
    /// With Alt: digits are the code of one character, everything else is no part of a scan.
    pub alt: bool,
    /// With Meta: never part of a scan.
    pub meta: bool,
    /// The keyboard repeats it because it is held down.
    pub repeat: bool,
}

/// What was made of the keys.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Heard {
    /// One symbol.
    Scan(Vec<u8>),
    /// A key for the keypad, or the first one for it.
    Typed(char),
    /// Enter, typed.
    Enter,
    /// The last character away.
    Erase,
    /// Escape, or the system's back key.
    Back,
}

/// The keys since the last answer.
#[derive(Debug, Default)]
pub struct Wedge {
    run: String,
    first_ms: u64,
    last_ms: u64,
    /// When Shift, Ctrl or Alt was last pressed within a run: a slow scanner takes its time for these too.
    held_ms: u64,
    /// The digits pressed with Alt held: Alt+029 is how some scanners write 0x1D.
    alt_digits: String,
}

enum Kind {
    Char(char),
    End,
    Erase,
    Back,
    /// The frame around a scan, which says nothing.
    Frame,
    None,
}

impl Wedge {
    /// Takes a key. The flag is false where the key means nothing here and belongs to whoever else wants it.
    pub fn key(&mut self, key: Key<'_>, at_ms: u64, typing: bool) -> (bool, Vec<Heard>) {
        let kind = kind(key, self.is_fast());
        if key.repeat {
            // A key held down is no scan; only erasing repeats.
            let heard = if typing && matches!(kind, Kind::Erase) { vec![Heard::Erase] } else { vec![] };
            return (!matches!(kind, Kind::None), heard);
        }
        let mut heard = self.idle(at_ms, typing);
        if let Some(digit) = alt_digit(key) {
            self.alt_digits.push(digit);
            self.last_ms = at_ms;
            // Three digits end a code with a zero before it; the window does not say when Alt is let go.
            let ends = self.alt_digits.len() >= if self.alt_digits.starts_with('0') { 4 } else { 3 };
            if ends || matches!(self.alt_digits.as_str(), "004" | "013" | "028" | "029" | "030" | "031") {
                heard.extend(self.end_alt(at_ms, typing));
            }
            return (true, heard);
        }
        heard.extend(self.end_alt(at_ms, typing));
        match kind {
            Kind::None => {
                if is_modifier(key) && !self.run.is_empty() {
                    self.held_ms = at_ms;
                }
                return (false, heard);
            }
            Kind::Frame => {}
            Kind::Char(c) => self.push(c, at_ms),
            Kind::End => heard.extend(self.end(typing)),
            Kind::Erase => {
                heard.extend(self.flush());
                heard.push(Heard::Erase);
            }
            Kind::Back => {
                self.run.clear();
                heard.push(Heard::Back);
            }
        }
        (true, heard)
    }

    /// Says what the keys were, once no more come. Call it [`Wedge::wait_ms`] after a key.
    pub fn idle(&mut self, at_ms: u64, typing: bool) -> Vec<Heard> {
        let pause = at_ms.saturating_sub(self.last_ms.max(self.held_ms));
        if self.run.is_empty() || pause < Self::wait_ms(typing) {
            return vec![];
        }
        let count = self.run.chars().count();
        if count >= UNENDED_CHARS_MIN && self.is_fast() { vec![self.scan()] } else { self.flush() }
    }

    /// True where the keys so far came faster than a person's.
    fn is_fast(&self) -> bool {
        let count = self.run.chars().count() as u64;
        let spent = self.last_ms.saturating_sub(self.first_ms);
        count > 1 && spent <= BURST_GAP_MS * (count - 1)
    }

    /// How long after a key [`Wedge::idle`] has something to say.
    #[must_use]
    pub fn wait_ms(typing: bool) -> u64 {
        if typing { BURST_GAP_MS } else { PAUSE_MS }
    }

    /// The character whose code was typed with Alt held.
    fn end_alt(&mut self, at_ms: u64, typing: bool) -> Vec<Heard> {
        let code = std::mem::take(&mut self.alt_digits).parse::<u8>();
        match code.ok() {
            Some(b'\t' | b'\n' | b'\r') => return self.end(typing),
            Some(code @ (4 | 28..=126)) => self.push(char::from(code), at_ms),
            _ => {}
        }
        vec![]
    }

    fn push(&mut self, c: char, at_ms: u64) {
        if self.run.is_empty() {
            if c.is_control() && c != GS {
                return;
            }
            self.first_ms = at_ms;
        }
        self.last_ms = at_ms;
        if self.run.len() < CHARS_MAX {
            self.run.push(c);
        }
    }

    fn end(&mut self, typing: bool) -> Vec<Heard> {
        let count = self.run.chars().count();
        if count >= SCAN_CHARS_MIN || (count > 0 && !typing) {
            return vec![self.scan()];
        }
        let mut heard = self.flush();
        heard.push(Heard::Enter);
        heard
    }

    fn scan(&mut self) -> Heard {
        Heard::Scan(std::mem::take(&mut self.run).into_bytes())
    }

    fn flush(&mut self) -> Vec<Heard> {
        std::mem::take(&mut self.run).chars().filter(|c| !c.is_control()).map(Heard::Typed).collect()
    }
}

fn kind(key: Key<'_>, in_scan: bool) -> Kind {
    let mut chars = key.text.chars();
    let (Some(c), None) = (chars.next(), chars.next()) else { return Kind::None };
    if key.alt || key.meta {
        return Kind::None;
    }
    match c {
        BACK | '\u{1b}' => Kind::Back,
        F8 | GS => Kind::Char(GS),
        '\u{8}' => Kind::Erase,
        '\n' | '\r' | '\t' => Kind::End,
        '\u{3}' if in_scan => Kind::End,
        '\u{2}' if !in_scan => Kind::Frame,
        // Ctrl+] is 0x1D, Ctrl+^ 0x1E and so on: ISO 646's control characters as a keyboard sends them.
        '@'..='_' | 'a'..='z' if key.control => match c.to_ascii_uppercase() as u8 & 0x1f {
            b'\t' | b'\n' | b'\r' => Kind::End,
            // STX and ETX frame a scan; with no scan before it, Ctrl+C is somebody else's.
            3 if in_scan => Kind::End,
            2 if !in_scan => Kind::Frame,
            code @ (4 | 28..=31) => Kind::Char(char::from(code)),
            _ => Kind::None,
        },
        _ if key.control => Kind::None,
        '\u{1c}'..='\u{1f}' | '\u{4}' => Kind::Char(c),
        '\u{f700}'..='\u{f8ff}' => Kind::None,
        _ if c.is_control() => Kind::None,
        _ => Kind::Char(c),
    }
}

/// Shift, Ctrl, Alt, AltGr and their right-hand sisters, pressed by themselves.
fn is_modifier(key: Key<'_>) -> bool {
    matches!(key.text, "\u{10}" | "\u{11}" | "\u{12}" | "\u{13}" | "\u{15}" | "\u{16}")
}

/// The digit of a code that is typed with Alt held.
fn alt_digit(key: Key<'_>) -> Option<char> {
    let mut chars = key.text.chars();
    let (Some(c), None) = (chars.next(), chars.next()) else { return None };
    (key.alt && !key.meta && !key.control && c.is_ascii_digit()).then_some(c)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Keys with their gaps: "abc@10" is three keys, 10 ms apart; `⏎ ⌫ ⎋ ⇥` are keys, `…` is a long pause.
    fn check(typing: bool, gap_ms: u64, keys: &str, expected: &str) {
        let mut wedge = Wedge::default();
        let mut heard = vec![];
        let mut at = 1_000;
        for key in keys.chars() {
            let name = match key {
                '⏎' => "\n".to_owned(),
                '⇥' => "\t".to_owned(),
                '⌫' => "\u{8}".to_owned(),
                '⎋' => "\u{1b}".to_owned(),
                '…' => {
                    at += 1_000;
                    heard.extend(wedge.idle(at, typing));
                    continue;
                }
                '␝' => "\u{f70b}".to_owned(),
                c => c.to_string(),
            };
            at += gap_ms;
            heard.extend(wedge.key(Key { text: &name, ..Key::default() }, at, typing).1);
        }
        let shown: Vec<String> = heard
            .into_iter()
            .map(|heard| match heard {
                Heard::Scan(bytes) => {
                    format!("scan({})", String::from_utf8_lossy(&bytes).replace('\u{1d}', "␝"))
                }
                Heard::Typed(c) => c.to_string(),
                Heard::Enter => "enter".into(),
                Heard::Erase => "erase".into(),
                Heard::Back => "back".into(),
            })
            .collect();
        assert_eq!(shown.join(" "), expected, "{keys:?} every {gap_ms} ms, typing: {typing}");
    }

    #[test]
    fn a_scan_is_fast_and_ends() {
        check(false, 5, "]d2010950⏎", "scan(]d2010950)");
        check(false, 5, "A-03-2⇥", "scan(A-03-2)");
        check(true, 5, "A-03-2⏎", "scan(A-03-2)");
        check(true, 5, "10L2231␝17270314⏎", "scan(10L2231␝17270314)");
        check(false, 5, "␝01095⏎B2⏎", "scan(␝01095) scan(B2)");
    }

    #[test]
    fn a_scan_without_an_end_is_heard_after_a_pause() {
        check(false, 5, "123456…", "scan(123456)");
        check(true, 5, "123456…", "scan(123456)");
        check(true, 5, "12345…", "1 2 3 4 5");
    }

    #[test]
    fn typing_is_slow() {
        check(true, 150, "24⏎", "2 4 enter");
        check(true, 150, "2⌫4⏎", "2 erase 4 enter");
        check(true, 150, "⎋", "back");
        // With no keypad open, Enter makes it a code and a pause opens the keypad.
        check(false, 150, "PO-7731⏎", "scan(PO-7731)");
        check(false, 150, "PO…", "P O");
        check(false, 5, "⏎", "enter");
    }

    #[test]
    fn a_scan_after_typing_is_a_scan() {
        let mut wedge = Wedge::default();
        let mut heard = wedge.key(Key { text: "7", ..Key::default() }, 0, true).1;
        for (i, c) in "B-0001".chars().enumerate() {
            heard.extend(
                wedge.key(Key { text: &c.to_string(), ..Key::default() }, 500 + i as u64 * 8, true).1,
            );
        }
        heard.extend(wedge.key(Key { text: "\r", ..Key::default() }, 560, true).1);
        assert_eq!(heard, [Heard::Typed('7'), Heard::Scan(b"B-0001".to_vec())]);
    }

    #[test]
    fn control_keys_are_separators_and_nothing_else() {
        let press = |text: &str, control| {
            let mut wedge = Wedge { run: "10A".into(), last_ms: 5, ..Wedge::default() };
            let taken = wedge.key(Key { text, control, ..Key::default() }, 5, false).0;
            (taken, wedge.run)
        };
        assert_eq!(press("]", true), (true, "10A\u{1d}".into()));
        assert_eq!(press("^", true), (true, "10A\u{1e}".into()));
        assert_eq!(press("\u{1d}", false), (true, "10A\u{1d}".into()));
        assert_eq!(press("v", true), (false, "10A".into()));
        assert_eq!(press("c", true), (true, String::new()), "ETX ends it");
        assert_eq!(press("\u{10}", false), (false, "10A".into()), "shift alone");
        assert_eq!(press("\u{f701}", false), (false, "10A".into()), "an arrow");
    }

    /// Text with what a scanner presses for the separator, in each of these ways.
    #[test]
    fn every_way_to_press_the_separator_is_heard() {
        let (control, alt) = (
            |text| Key { text, control: true, ..Key::default() },
            |text| Key { text, alt: true, ..Key::default() },
        );
        let plain = |text| Key { text, ..Key::default() };
        let ways: [&[Key<'_>]; 6] = [
            &[plain("\u{1d}")],
            &[plain("\u{f70b}")],
            &[control("]")],
            &[alt("0"), alt("2"), alt("9")],
            &[alt("2"), alt("9")],
            &[alt("0"), alt("0"), alt("2"), alt("9")],
        ];
        for (gap_ms, typing) in [(1, false), (1, true), (40, false), (40, true)] {
            for way in ways {
                let keys = ["]", "C", "1", "1", "0", "A"].map(plain);
                let rest = ["2", "1", "B", "\r"].map(plain);
                let all = keys.iter().chain(way).chain(&rest).enumerate();
                let mut wedge = Wedge::default();
                let heard: Vec<Heard> = all
                    .flat_map(|(index, key)| wedge.key(*key, 1000 + index as u64 * gap_ms, typing).1)
                    .collect();
                assert_eq!(heard, [Heard::Scan(b"]C110A\x1d21B".to_vec())], "{way:?} {gap_ms} ms");
            }
        }
    }

    #[test]
    fn a_frame_and_two_labels_at_any_speed() {
        for gap_ms in [1, 40] {
            for typing in [false, true] {
                check(typing, gap_ms, "\u{2}B-0001\u{3}", "scan(B-0001)");
                check(typing, gap_ms, "]C110A⏎]C110B⇥", "scan(]C110A) scan(]C110B)");
                let doubled = "scan(]C110A) enter scan(]C110B) scan(]C110C)";
                check(typing, gap_ms, "]C110A⏎⏎]C110B⏎\u{2}]C110C⏎", doubled);
            }
        }
        // Ctrl+C without a scan is somebody else's.
        let copy = Key { text: "c", control: true, ..Key::default() };
        assert!(!Wedge::default().key(copy, 5, false).0);
    }

    #[test]
    fn a_key_held_down_is_no_scan() {
        let mut wedge = Wedge::default();
        let held = Key { text: "a", repeat: true, ..Key::default() };
        for at in 0..50 {
            assert_eq!(wedge.key(held, at * 30, false), (true, vec![]));
        }
        assert_eq!(wedge.idle(9_999, false), []);
    }

    proptest::proptest! {
        #[test]
        fn every_burst_comes_out_whole(text in "[ -~\u{1d}]{3,200}", typing: bool, gap in 0_u64..BURST_GAP_MS) {
            let mut wedge = Wedge::default();
            let mut heard = vec![];
            let mut at = 5_000;
            for c in text.chars() {
                at += gap;
                heard.extend(wedge.key(Key { text: &c.to_string(), ..Key::default() }, at, typing).1);
            }
            heard.extend(wedge.key(Key { text: "\n", ..Key::default() }, at + gap, typing).1);
            proptest::prop_assert_eq!(heard, [Heard::Scan(text.into_bytes())]);
        }
    }
}
