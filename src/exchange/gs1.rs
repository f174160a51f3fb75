//! Builds GS1 element strings for labels: where a separator goes and what is printed below the bars.

use crate::domain::{Day, Gtin};
use chrono::Datelike;

/// FNC1 as scanners send it.
pub const SEPARATOR: char = '\u{1d}';

/// Element strings one after the other.
///
/// A separator follows an element only where its length is not predefined (GS1 General Specifications 7.8.5) and
/// another one comes after it.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Elements {
    data: String,
    text: String,
    open: bool,
}

impl Elements {
    /// No element yet.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Adds one element: its application identifier and its value as they stand in the symbol.
    #[must_use]
    pub fn with(mut self, ai: &str, value: &str) -> Self {
        if self.open {
            self.data.push(SEPARATOR);
        }
        self.data.push_str(ai);
        self.data.push_str(value);
        self.text.push_str(&format!("({ai}){value}"));
        self.open = !has_predefined_length(ai);
        self
    }

    /// Adds AI 01, the GTIN of this pack.
    #[must_use]
    pub fn gtin(self, gtin: Gtin) -> Self {
        self.with("01", &gtin.to_string())
    }

    /// Adds a date (AI 11, 13, 15, 17) where there is one.
    #[must_use]
    pub fn day(self, ai: &str, day: Option<Day>) -> Self {
        match day {
            Some(day) => self.with(ai, &six_digits(day)),
            None => self,
        }
    }

    /// What the symbol holds, separators as [`SEPARATOR`].
    #[must_use]
    pub fn data(&self) -> &str {
        &self.data
    }

    /// What is printed for people, with the identifiers in brackets.
    #[must_use]
    pub fn text(&self) -> &str {
        &self.text
    }
}

/// A day as YYMMDD (GS1 General Specifications 3.4).
#[must_use]
pub fn six_digits(day: Day) -> String {
    format!("{:02}{:02}{:02}", day.year().rem_euclid(100), day.month(), day.day())
}

/// A month as YYMM00, which stands for its last day; medicines are often labelled so.
#[must_use]
pub fn month_digits(day: Day) -> String {
    format!("{:02}{:02}00", day.year().rem_euclid(100), day.month())
}

fn has_predefined_length(ai: &str) -> bool {
    let tens = ai.get(..2).unwrap_or(ai);
    matches!(tens, "00" | "01" | "02" | "03" | "04" | "20" | "31" | "32" | "33" | "34" | "35" | "36" | "41")
        || matches!(tens, "11" | "12" | "13" | "14" | "15" | "16" | "17" | "18" | "19")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(elements: &[(&str, &str)], data: &str, text: &str) {
        let built = elements.iter().fold(Elements::new(), |built, (ai, value)| built.with(ai, value));
        assert_eq!((built.data(), built.text()), (data, text));
    }

    #[test]
    fn separators_follow_open_elements_only() {
        check(&[("01", "09506000134352"), ("10", "A1")], "010950600013435210A1", "(01)09506000134352(10)A1");
        check(&[("10", "A1"), ("17", "270314")], "10A1\u{1d}17270314", "(10)A1(17)270314");
        check(
            &[("3103", "004500"), ("37", "2"), ("10", "B")],
            "3103004500372\u{1d}10B",
            "(3103)004500(37)2(10)B",
        );
        check(&[("00", "395201010000000014")], "00395201010000000014", "(00)395201010000000014");
    }

    #[test]
    fn days_have_six_digits() {
        let day: Day = "2027-03-09".parse().unwrap();
        assert_eq!(Elements::new().day("17", Some(day)).day("15", None).data(), "17270309");
        assert_eq!(month_digits(day), "270300");
    }
}
