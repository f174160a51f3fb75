//! Questions about a line: the sheet with its facts and answers, the safe answer first.

use super::super::screen::button;
use super::super::view::{Button, Fact, Sheet, Tone};
use super::super::words::{Common, Receiving, Words, reason_id};
use super::line::{Doubt, Line};
use crate::domain::{Reason, Unit};

/// The sheet that asks about a doubt.
pub(super) fn sheet(doubt: &Doubt, line: &Line, words: Words) -> Sheet {
    let fact = |label: Receiving<'_>, value: String| Fact { label: words.say(label), value };
    let unit = line.label.item.unit;
    let (title, facts, answers) = match doubt {
        Doubt::WhichLot { read, others } => {
            let others = others.iter().enumerate().map(|(index, it)| lot(index + 1, it.as_str(), words));
            let own = match read {
                Some(read) => lot(0, read.as_str(), words),
                None => button("lot:0", words.say(Receiving::TypeLot)),
            };
            let facts = vec![fact(Receiving::FactItem, line.label.item.name.clone())];
            (Receiving::QWhichLot, facts, others.chain([own]).collect())
        }
        Doubt::NotOnOrder => (
            Receiving::QNotOnOrder,
            vec![fact(Receiving::FactItem, line.label.item.name.clone())],
            vec![leave(words), take(Reason::DeliveryDiffers, words)],
        ),
        Doubt::Expired { good_to, days_ago } => (
            Receiving::QExpired,
            vec![
                fact(Receiving::FactGoodTo, words.day(*good_to)),
                fact(Receiving::FactLeft, words.days(-days_ago)),
            ],
            vec![leave(words), take(Reason::Agreed, words)],
        ),
        Doubt::ShortLife { good_to, left, needed } => (
            Receiving::QShortLife,
            vec![
                fact(Receiving::FactGoodTo, words.day(*good_to)),
                fact(Receiving::FactLeft, words.days(*left)),
                fact(Receiving::FactNeeded, words.days(*needed)),
            ],
            vec![leave(words), take(Reason::Agreed, words), take(Reason::CustomerWish, words)],
        ),
        Doubt::DateDiffers { known, label } => {
            let (known, label) = (words.day(*known), words.day(*label));
            let answers = vec![
                button("known", words.say(Receiving::UseKnown { day: &known })),
                button(&reason_id(Reason::Checked), words.say(Receiving::LabelRight { day: &label })),
            ];
            let facts = vec![fact(Receiving::FactKnown, known), fact(Receiving::FactLabel, label)];
            (Receiving::QDateDiffers, facts, answers)
        }
        Doubt::OnHold { kind } => (
            Receiving::QOnHold,
            vec![
                fact(Receiving::FactItem, line.label.name(words)),
                fact(Receiving::FactStop, words.hold(*kind).to_owned()),
            ],
            vec![leave(words)],
        ),
        Doubt::TooMany { ordered, received, with_this, rest } => {
            let first = if rest.is_positive() {
                let quantity = words.amount(*rest, unit);
                button("rest", words.say(Receiving::TakeRest { quantity: &quantity }))
            } else {
                leave(words)
            };
            let facts = vec![
                fact(Receiving::FactOrdered, words.amount(*ordered, unit)),
                fact(Receiving::FactReceived, words.amount(*received, unit)),
                fact(Receiving::FactThis, words.amount(*with_this, unit)),
            ];
            (Receiving::QTooMany, facts, vec![first, take(Reason::DeliveryDiffers, words)])
        }
    };
    let (tone, note) = match doubt {
        Doubt::OnHold { .. } => (Tone::Refused, Receiving::HoldToQuarantine),
        _ => (Tone::Question, Receiving::NextAnswers),
    };
    Sheet { tone, title: words.say(title), facts, note: words.say(note), answers }
}

/// The sheet that asks about a whole pallet whose goods are too old.
pub(super) fn pallet_sheet(code: &str, doubt: &Doubt, item: &str, words: Words) -> Sheet {
    let (title, good_to, left) = match doubt {
        Doubt::Expired { good_to, days_ago } => (Receiving::QExpired, good_to, -days_ago),
        Doubt::ShortLife { good_to, left, .. } => (Receiving::QShortLife, good_to, *left),
        _ => {
            return Sheet {
                tone: Tone::Question,
                title: words.say(Common::Pallet { code }),
                facts: Vec::new(),
                note: String::new(),
                answers: vec![leave(words)],
            };
        }
    };
    let fact = |label: Receiving<'_>, value: String| Fact { label: words.say(label), value };
    Sheet {
        tone: Tone::Question,
        title: words.say(title),
        facts: vec![
            fact(Receiving::FactItem, item.to_owned()),
            fact(Receiving::FactGoodTo, words.day(*good_to)),
            fact(Receiving::FactLeft, words.days(left)),
        ],
        note: words.say(Receiving::NextAnswers),
        answers: vec![leave(words), take(Reason::Agreed, words)],
    }
}

fn leave(words: Words) -> Button {
    button("leave", words.say(Receiving::Leave))
}

fn take(reason: Reason, words: Words) -> Button {
    button(&reason_id(reason), words.say(Receiving::Take { reason: words.reason(reason) }))
}

fn lot(index: usize, lot: &str, words: Words) -> Button {
    button(&format!("lot:{index}"), words.say(Common::Lot { lot }))
}

/// The words of a quantity prompt.
pub(super) fn how_many(unit: Unit, words: Words) -> String {
    words.say(match unit {
        Unit::Each => Common::HowMany,
        Unit::Gram => Common::HowManyGrams,
    })
}
