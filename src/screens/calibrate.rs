//! Learns how this device's scanner talks: four codes on the screen or on paper, scanned one after the other.

use super::resolve::Scan;
use super::screen::{Answer, Desk, Drawn, Frame, Next, Screen, button};
use super::view::{CalibratePage, Fact, Page, Symbol, SymbolKind, Tone};
use super::words::{Scanner, Words};
use crate::barcode::{CALIBRATION_SYMBOLS, Calibration, Profile, Trouble, calibrate, escaped, is_symbol};
use crate::store::StoreError;

/// The scanner's page.
#[derive(Default)]
pub(super) struct Calibrate {
    /// What arrived, code by code.
    heard: Vec<Vec<u8>>,
    found: Option<Calibration>,
}

impl Calibrate {
    fn conclude(&mut self, desk: &mut Desk<'_>) -> Result<Answer, StoreError> {
        let [one, two, three, four] = self.heard.as_slice() else { return Ok(Answer::silent()) };
        let base = match desk.store.scanner_profile()? {
            Some(json) => Profile::from_json(&json).unwrap_or_default(),
            None => Profile::default(),
        };
        let found = calibrate([one, two, three, four], &base, desk.today);
        let answer = match &found.profile {
            Some(profile) => {
                desk.keep_profile(profile)?;
                Answer::done(desk.say(Scanner::Saved))
            }
            None => Answer::refused(desk.say(Scanner::NotChanged)),
        };
        self.found = Some(found);
        Ok(answer)
    }
}

impl Screen for Calibrate {
    fn name(&self) -> &'static str {
        "calibrate"
    }

    fn refresh(&mut self, _desk: &mut Desk<'_>) -> Result<(), StoreError> {
        Ok(())
    }

    fn on_scan(&mut self, desk: &mut Desk<'_>, scan: &Scan) -> Result<Answer, StoreError> {
        let heard = scan.reading.raw();
        let step = self.heard.len();
        if self.found.is_some() || step >= CALIBRATION_SYMBOLS.len() {
            return Ok(Answer::pass(desk.say(Scanner::Another)));
        }
        if !is_symbol(step, heard) {
            // A badge or a shelf is no code of this page and opens what it opens anywhere.
            let other = (0..CALIBRATION_SYMBOLS.len()).any(|symbol| is_symbol(symbol, heard));
            let text = desk.say(Scanner::Another);
            return Ok(if other { Answer::refused(text) } else { Answer::pass(text) });
        }
        self.heard.push(heard.to_vec());
        if self.heard.len() < CALIBRATION_SYMBOLS.len() {
            return Ok(Answer::accepted(desk.say(Scanner::Next)));
        }
        self.conclude(desk)
    }

    fn on_tap(&mut self, _desk: &mut Desk<'_>, id: &str) -> Result<Answer, StoreError> {
        Ok(match id {
            "again" => {
                *self = Self::default();
                Answer::silent()
            }
            "done" => Answer::silent().then(Next::Close),
            _ => Answer::silent(),
        })
    }

    fn view(&self, frame: &Frame<'_>) -> Drawn {
        let words = frame.words;
        let step = self.heard.len();
        let all = CALIBRATION_SYMBOLS.len();
        let page = match &self.found {
            Some(found) => concluded(found, words),
            None => CalibratePage {
                prompt: words.say(Scanner::Prompt),
                symbol: symbol(step),
                hint: words.say(Scanner::Paper),
                tone: Tone::Quiet,
                facts: Vec::new(),
                advice: Vec::new(),
            },
        };
        let mut drawn = Drawn::new(words.say(Scanner::Title), Page::Calibrate(page));
        match &self.found {
            None => {
                let (step, all) = ((step + 1).to_string(), all.to_string());
                drawn.progress = words.say(Scanner::Step { step: &step, all: &all });
                if !self.heard.is_empty() {
                    drawn.primary = Some(button("again", words.say(Scanner::Again)));
                }
            }
            Some(found) if found.profile.is_some() => {
                drawn.primary = Some(button("done", words.say(Scanner::Done)));
                drawn.secondary.push(button("again", words.say(Scanner::Again)));
            }
            Some(_) => drawn.primary = Some(button("again", words.say(Scanner::Again))),
        }
        drawn
    }
}

/// The first code is plain, the second linear, the others are square.
fn symbol(step: usize) -> Option<Symbol> {
    let kind = match step {
        0 => SymbolKind::Code128,
        1 => SymbolKind::Gs1_128,
        _ => SymbolKind::Gs1DataMatrix,
    };
    CALIBRATION_SYMBOLS.get(step).map(|data| Symbol { kind, data: (*data).to_owned() })
}

fn concluded(found: &Calibration, words: Words) -> CalibratePage {
    let works = found.profile.is_some();
    CalibratePage {
        prompt: words.say(if works { Scanner::Works } else { Scanner::WorksNot }),
        symbol: None,
        hint: String::new(),
        tone: if works { Tone::Accepted } else { Tone::Refused },
        facts: found.profile.as_ref().map(|profile| facts(found, profile, words)).unwrap_or_default(),
        advice: found.troubles.iter().map(|trouble| advice(trouble, words)).collect(),
    }
}

fn facts(found: &Calibration, profile: &Profile, words: Words) -> Vec<Fact> {
    let fact = |label: Scanner<'_>, value: String| Fact { label: words.say(label), value };
    let shown = |text: Option<&str>, none: Scanner<'_>| text.map_or_else(|| words.say(none), escaped);
    let named = !found.troubles.contains(&Trouble::NoIdentifier);
    let after = match profile.first_suffix() {
        Some(blanks) if blanks.trim().is_empty() => words.say(Scanner::Blank),
        suffix => shown(suffix, Scanner::Nothing),
    };
    let mut facts = vec![
        fact(Scanner::FactSeparator, shown(profile.own_separator(), Scanner::Usual)),
        fact(Scanner::FactBefore, shown(profile.first_prefix(), Scanner::Nothing)),
        fact(Scanner::FactAfter, after),
        fact(Scanner::FactType, words.say(if named { Scanner::Yes } else { Scanner::No })),
    ];
    if profile.has_caps_lock() {
        facts.push(fact(Scanner::FactCaps, words.say(Scanner::On)));
    }
    let keys = profile.swapped_keys();
    if keys > 0 {
        facts.push(fact(Scanner::FactKeys, keys.to_string()));
    }
    facts
}

fn advice(trouble: &Trouble, words: Words) -> String {
    match trouble {
        Trouble::OtherSymbol { .. } => words.say(Scanner::OtherCode),
        Trouble::CharactersLost { count, .. } => {
            words.say(Scanner::CharactersLost { count: &count.to_string() })
        }
        Trouble::NoSeparator => words.say(Scanner::NoSeparator),
        Trouble::SeparatorIsData { text } => words.say(Scanner::SeparatorIsData { text: &escaped(text) }),
        Trouble::SameKey { arrives, one, other } => {
            let [key, one, other] = [arrives, one, other].map(|c| escaped(&c.to_string()));
            words.say(Scanner::SameKey { key: &key, one: &one, other: &other })
        }
        Trouble::CaseLost => words.say(Scanner::CaseLost),
        Trouble::Unsteady => words.say(Scanner::Unsteady),
        Trouble::NoIdentifier => words.say(Scanner::NoIdentifier),
    }
}
