//! A reading in one line, for people and for tests.

use super::reading::{Reading, Typed};
use std::fmt;

/// `gtin 09506000134352 · lot L2231 · expires 2027-02-28`; of what has no word of its own, AI and value.
impl fmt::Display for Reading {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Some(text) = self.text() {
            return write!(f, "text {}", escaped(text));
        }
        if self.slots.is_empty() {
            return f.write_str("unreadable");
        }
        for (index, element) in self.elements().enumerate() {
            if index > 0 {
                f.write_str(" · ")?;
            }
            let word = word(element.ai).filter(|_| element.valid);
            match (word, element.typed) {
                (Some(word), Typed::Day(day)) => write!(f, "{word} {day}")?,
                (Some(word), Typed::Count(count)) => write!(f, "{word} {count}")?,
                (Some(word), _) => write!(f, "{word} {}", escaped(element.value))?,
                (None, Typed::Decimal { .. }) if self.is_weight(element.ai) => {
                    write!(f, "weight {} g", self.weight_g().unwrap_or_default())?;
                }
                (None, _) => write!(f, "({}) {}", element.ai, escaped(element.value))?,
            }
        }
        Ok(())
    }
}

impl Reading {
    fn is_weight(&self, ai: &str) -> bool {
        ai.len() == 4 && ai.starts_with("310") && self.weight_g().is_some()
    }
}

fn word(ai: &str) -> Option<&'static str> {
    Some(match ai {
        "00" => "sscc",
        "01" => "gtin",
        "02" => "content",
        "10" => "lot",
        "11" => "produced",
        "12" => "due",
        "13" => "packed",
        "15" => "best before",
        "16" => "sell by",
        "17" => "expires",
        "20" => "variant",
        "21" => "serial",
        "30" | "37" => "count",
        "400" => "order",
        "410" => "ship to",
        "414" => "location",
        _ => return None,
    })
}

/// The text with control characters and marks that change the direction of writing made visible.
#[must_use]
pub fn escaped(text: &str) -> String {
    let mut shown = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '\0'..='\u{1f}' | '\u{7f}' => shown.push_str(&format!("\\x{:02x}", u32::from(c))),
            '\u{80}'..='\u{9f}'
            | '\u{200b}'..='\u{200f}'
            | '\u{202a}'..='\u{202e}'
            | '\u{2060}'..='\u{206f}'
            | '\u{feff}' => {
                shown.push_str(&format!("\\u{{{:x}}}", u32::from(c)));
            }
            _ => shown.push(c),
        }
    }
    shown
}
