//! The questions that a page can ask, each as its session asks it.

use super::views::{Tongue, button, fact, movement, pick_here};
use firstout::screens::*;

pub fn question(t: &Tongue) -> View {
    let sheet = Sheet {
        tone: Tone::Question,
        title: t.say("Another lot is first", "Eine andere Charge ist zuerst dran").into(),
        facts: vec![
            fact(t.say("Scanned", "Gescannt"), t.say("L2250 · 2 Jun 2027", "L2250 · 2. Juni 2027")),
            fact(t.say("First", "Zuerst"), t.say("L2231 · 14 Mar 2027", "L2231 · 14. März 2027")),
        ],
        note: t.say("same shelf · 80 days lost", "selbes Regal · 80 Tage verloren").into(),
        answers: vec![
            button("take:L2231", t.say("Take L2231", "L2231 nehmen")),
            button("keep", t.say("Keep L2250", "L2250 behalten")),
        ],
    };
    View { sheet: Some(sheet), flash: Flash { tone: Tone::Question, count: 11 }, ..pick_here(t) }
}

/// The longest lots that a label can have.
pub fn which_lot(t: &Tongue) -> View {
    let lot = |number: &str| format!("{} {number}", t.say("Lot", "Charge"));
    let sheet = Sheet {
        tone: Tone::Question,
        title: t.say("Which lot does the label say?", "Welche Charge steht auf dem Etikett?").into(),
        facts: vec![fact(t.say("Item", "Artikel"), "Oat drink barista 1 l")],
        note: String::new(),
        answers: vec![
            button("lot:1", &lot("WMW2231-2027-03-14-A")),
            button("lot:2", &lot("WMW2231-2027-03")),
            button("lot:0", &lot("WMW2231-2027-03-14-A37")),
        ],
    };
    View { sheet: Some(sheet), flash: Flash { tone: Tone::Question, count: 11 }, ..movement(t) }
}

pub fn reasons(t: &Tongue) -> View {
    let sheet = Sheet {
        tone: Tone::Question,
        title: t.say("Why L2250?", "Warum L2250?").into(),
        facts: vec![],
        note: String::new(),
        answers: vec![
            button("reason:not_reachable", t.say("Not reachable", "Nicht erreichbar")),
            button("reason:damaged", t.say("Damaged", "Beschädigt")),
            button("reason:customer_wish", t.say("Customer's wish", "Kundenwunsch")),
            button("reason:not_found", t.say("Not found", "Nicht gefunden")),
            button("reason:other", t.say("Something else", "Etwas anderes")),
        ],
    };
    View { sheet: Some(sheet), ..question(t) }
}
