//! The own keypad: what is typed, and what a typed number may be.

use super::view::{Keypad, KeypadKind};
use super::words::{Common, Words};
use crate::domain::{Day, Quantity, QuantityError, Unit};

/// Most characters the keypad takes.
pub const ENTRY_CHARS_MAX: usize = 30;

/// What a page asks by keypad.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Asked {
    /// How many base units.
    Quantity,
    /// A lot number.
    Lot,
    /// The date on the label.
    Date,
    /// A unit's serial number.
    Serial,
    /// An operator's PIN.
    Pin,
    /// Any code: the session takes it like a scan, the page never sees the entry.
    Code,
}

/// The keypad while it is open.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Entry {
    /// What is asked.
    pub asked: Asked,
    /// "How many?".
    pub prompt: String,
    /// What was typed.
    pub text: String,
    /// Why the last entry was refused.
    pub problem: String,
}

/// What a key did.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Key {
    /// The field changed, or the key has no meaning here.
    Typed,
    /// The entry is finished.
    Ok(String),
    /// The keypad closes without an answer.
    Cancel,
}

impl Entry {
    /// An empty keypad.
    #[must_use]
    pub fn new(asked: Asked, prompt: String) -> Self {
        Self { asked, prompt, text: String::new(), problem: String::new() }
    }

    /// The same question after an entry that cannot be taken.
    #[must_use]
    pub fn refused(mut self, problem: String) -> Self {
        self.problem = problem;
        self.text.clear();
        self
    }

    fn kind(&self) -> KeypadKind {
        match self.asked {
            Asked::Quantity | Asked::Date => KeypadKind::Number,
            Asked::Pin => KeypadKind::Pin,
            Asked::Lot | Asked::Serial | Asked::Code => KeypadKind::Code,
        }
    }

    /// Takes what stands after `key:` in a tap's id.
    pub(super) fn key(&mut self, name: &str) -> Key {
        match name {
            "ok" => return Key::Ok(std::mem::take(&mut self.text)),
            "cancel" => return Key::Cancel,
            "back" => {
                self.text.pop();
            }
            _ => {
                let digits = self.kind() != KeypadKind::Code;
                let mut typed = name.chars();
                if let (Some(c), None) = (typed.next(), typed.next())
                    && (c.is_ascii_digit() || (!digits && !c.is_control()))
                    && self.text.chars().count() < ENTRY_CHARS_MAX
                {
                    self.text.push(c);
                }
            }
        }
        self.problem.clear();
        Key::Typed
    }

    pub(super) fn view(&self) -> Keypad {
        let text = match self.asked {
            Asked::Pin => "•".repeat(self.text.chars().count()),
            _ => self.text.clone(),
        };
        Keypad { prompt: self.prompt.clone(), text, kind: self.kind(), problem: self.problem.clone() }
    }
}

/// Reads a typed quantity (pieces or grams) of at least 1 and, where `there` is given, at most that.
///
/// # Errors
/// Why it cannot be taken, in words.
pub fn read_quantity(
    text: &str,
    there: Option<Quantity>,
    unit: Unit,
    words: Words,
) -> Result<Quantity, String> {
    let text = text.trim();
    if text.is_empty() || !text.bytes().all(|byte| byte.is_ascii_digit()) {
        return Err(words.say(Common::QuantityNone));
    }
    // More digits than an i64 holds are more than any line takes.
    let quantity = text.parse().map_err(|_| QuantityError(i64::MAX)).and_then(Quantity::new);
    let Ok(quantity) = quantity else { return Err(words.say(Common::QuantityTooLarge)) };
    if !quantity.is_positive() {
        return Err(words.say(Common::QuantityZero));
    }
    match there {
        Some(there) if quantity > there => {
            Err(words.say(Common::QuantityTooMany { there: &words.figure(there, unit) }))
        }
        _ => Ok(quantity),
    }
}

/// Reads a date as printed on boxes: DDMMYY, DDMMYYYY, or MMYY for the end of that month.
#[must_use]
pub fn read_date(text: &str) -> Option<Day> {
    let digits: String = text.chars().filter(char::is_ascii_digit).collect();
    let part = |from: usize, to: usize| digits.get(from..to).and_then(|part| part.parse::<u32>().ok());
    let year = |from: usize| {
        let year = part(from, digits.len())?;
        i32::try_from(if digits.len() - from == 2 { 2000 + year } else { year }).ok()
    };
    match digits.len() {
        6 | 8 => Day::from_ymd_opt(year(4)?, part(2, 4)?, part(0, 2)?),
        4 => {
            let (month, year) = (part(0, 2)?, year(2)?);
            let (next, of) = if month == 12 { (1, year + 1) } else { (month + 1, year) };
            Day::from_ymd_opt(year, month, 1)?;
            Day::from_ymd_opt(of, next, 1)?.pred_opt()
        }
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn quantity(text: &str, there: i64, expected: Result<i64, &str>) {
        let there = Some(Quantity::balance(there));
        let read = read_quantity(text, there, Unit::Each, Words::default()).map(Quantity::units);
        assert_eq!(read, expected.map_err(str::to_owned), "{text}");
    }

    #[test]
    fn quantities_are_one_to_what_is_there() {
        quantity("24", 36, Ok(24));
        quantity("36", 36, Ok(36));
        quantity("37", 36, Err("Only 36 are there. Enter less."));
        quantity("0", 36, Err("At least 1. Nothing to do? Tap undo."));
        quantity("", 36, Err("Enter a number."));
        quantity("-3", 36, Err("Enter a number."));
        quantity("99999999999999999999", 36, Err("That is too large. Enter less."));
    }

    #[test]
    fn dates_are_typed_as_printed() {
        for (text, day) in [
            ("140327", Some("2027-03-14")),
            ("14032027", Some("2027-03-14")),
            ("14.03.2027", Some("2027-03-14")),
            ("0228", Some("2028-02-29")),
            ("1227", Some("2027-12-31")),
            ("310227", None),
            ("1327", None),
            ("1", None),
            ("", None),
        ] {
            assert_eq!(read_date(text), day.map(|day| day.parse().unwrap()), "{text}");
        }
    }

    #[test]
    fn keys_fill_the_field() {
        let mut entry = Entry::new(Asked::Quantity, String::new());
        for key in ["1", "x", "2", "3", "back"] {
            assert_eq!(entry.key(key), Key::Typed);
        }
        assert_eq!(entry.view().text, "12");
        assert_eq!(entry.key("ok"), Key::Ok("12".into()));
        let mut pin = Entry::new(Asked::Pin, String::new());
        pin.key("7");
        assert_eq!(pin.view().text, "•");
    }
}
