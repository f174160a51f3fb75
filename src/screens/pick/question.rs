//! The sheets of picking: another lot is first, a lot that nobody knew of, short, another lot on purpose.

use super::super::screen::button;
use super::super::view::{Button, Fact, Sheet, Tone};
use super::super::words::{Common, Picking, Words, reason_id};
use crate::domain::{FefoOverride, Item, LotKey, Quantity, Reason};
use crate::ledger::command::Judged;
use crate::ledger::{Candidate, Take};

/// Why a later lot is taken.
const KEEP: [Reason; 4] = [Reason::NotReachable, Reason::Damaged, Reason::CustomerWish, Reason::Agreed];
/// Why a line stays short.
const SHORT: [Reason; 4] = [Reason::NotFound, Reason::Damaged, Reason::NotReachable, Reason::CountWrong];
/// Why a lot is left out.
const PASS: [Reason; 4] = [Reason::NotReachable, Reason::Damaged, Reason::NotFound, Reason::CustomerWish];

/// What is asked.
#[derive(Debug, Clone)]
pub(super) enum Question {
    /// The scanned lot is later than the first one.
    OtherFirst {
        line: u32,
        scanned: Vec<Take>,
        judged: Judged,
        /// The code of the first lot's place.
        place: String,
        same_place: bool,
        /// True once the picker wants to keep it and is asked why.
        why: bool,
    },
    /// The device does not know that lot at this place.
    NotKnown { line: u32, take: Take, place: String, fefo: Option<FefoOverride> },
    /// The piece is much heavier than what is still asked for.
    Heavier { line: u32, takes: Vec<Take>, fefo: Option<FefoOverride>, over: Quantity },
    /// A small rest of weighed goods: does it matter?
    Enough { line: u32, piece: Quantity, rest: Quantity },
    /// Why is it missing?
    Short { amount: String },
    /// Why is this lot left out?
    Pass { lot: String },
}

/// "L2231", or the item's name where it has no lots.
pub(super) fn lot_name(key: &LotKey, item: &Item) -> String {
    key.lot.as_ref().map_or_else(|| item.name.clone(), ToString::to_string)
}

fn reasons(reasons: &[Reason], words: Words) -> Vec<Button> {
    reasons.iter().map(|reason| button(&reason_id(*reason), words.reason(*reason).to_owned())).collect()
}

fn leave(words: Words) -> Button {
    button("leave", words.say(Picking::Leave))
}

fn dated(candidate: &Candidate, item: &Item, words: Words) -> String {
    let lot = lot_name(&candidate.key, item);
    match candidate.good_to() {
        Some(day) => format!("{lot} · {}", words.day(day)),
        None => lot,
    }
}

impl Question {
    pub fn sheet(&self, item: &Item, words: Words) -> Sheet {
        match self {
            Self::OtherFirst { scanned, judged, place, same_place, why, .. } => {
                let first = lot_name(&judged.first.key, item);
                let kept = scanned.first().map(|take| &take.candidate);
                let days = words.days(judged.days_lost);
                let note = if *same_place {
                    Picking::SameShelf { days: &days }
                } else {
                    Picking::OtherShelf { place, days: &days }
                };
                let fact = |label, value| Fact { label: words.say(label), value };
                let mut facts = vec![fact(Picking::FactFirst, dated(&judged.first, item, words))];
                if let Some(kept) = kept {
                    facts.insert(0, fact(Picking::FactScanned, dated(kept, item, words)));
                }
                let (title, answers) = if *why {
                    (words.say(Picking::QWhyKeep { lot: &first }), reasons(&KEEP, words))
                } else {
                    let kept = kept.map(|kept| lot_name(&kept.key, item)).unwrap_or_default();
                    let take = button("take_first", words.say(Picking::TakeFirst { lot: &first }));
                    let keep = button("keep", words.say(Picking::Keep { lot: &kept }));
                    (words.say(Picking::QOtherFirst), vec![take, keep])
                };
                Sheet { tone: Tone::Question, title, facts, note: words.say(note), answers }
            }
            Self::NotKnown { take, place, .. } => {
                let lot = lot_name(&take.candidate.key, item);
                let known = take.candidate.quantity.max(Quantity::ZERO);
                let fact = |label, quantity| Fact {
                    label: words.say(label),
                    value: words.amount(quantity, item.unit),
                };
                let amount = words.amount(take.quantity, item.unit);
                Sheet {
                    tone: Tone::Question,
                    title: words.say(Picking::QNotKnown { lot: &lot, place }),
                    facts: vec![fact(Picking::KnownThere, known), fact(Picking::Needed, take.quantity)],
                    note: words.say(Picking::LookAgain),
                    answers: vec![
                        leave(words),
                        button("take_anyway", words.say(Picking::TakeAnyway { amount: &amount })),
                    ],
                }
            }
            Self::Heavier { takes, over, .. } => {
                let weight: Quantity = takes.iter().map(|take| take.quantity).sum();
                let weight = words.amount(weight, item.unit);
                let fact = |label, value| Fact { label: words.say(label), value };
                Sheet {
                    tone: Tone::Question,
                    title: words.say(Picking::QHeavier),
                    facts: vec![
                        fact(Picking::FactPiece, weight.clone()),
                        fact(Picking::FactOver, words.amount(*over, item.unit)),
                    ],
                    note: String::new(),
                    answers: vec![
                        leave(words),
                        button("take_heavier", words.say(Picking::TakeHeavier { amount: &weight })),
                    ],
                }
            }
            Self::Enough { piece, rest, .. } => Sheet {
                tone: Tone::Question,
                title: words.say(Picking::QEnough { amount: &words.amount(*rest, item.unit) }),
                facts: vec![Fact {
                    label: words.say(Picking::FactPicked),
                    value: words.amount(*piece, item.unit),
                }],
                note: String::new(),
                answers: vec![
                    button("enough", words.say(Picking::Enough)),
                    button("leave", words.say(Picking::TakeMore)),
                ],
            },
            Self::Short { amount } => asked(words.say(Picking::QShort { amount }), &SHORT, words),
            Self::Pass { lot } => asked(words.say(Picking::QOtherLot { lot }), &PASS, words),
        }
    }
}

fn asked(title: String, why: &[Reason], words: Words) -> Sheet {
    let mut answers = reasons(why, words);
    answers.push(button("leave", words.say(Picking::GoBack)));
    Sheet { tone: Tone::Question, title, facts: Vec::new(), note: String::new(), answers }
}

/// Why a lot must not be taken, and what to do instead.
pub(super) fn skip_words(
    why: crate::ledger::Skip,
    key: &LotKey,
    item: &Item,
    place: &str,
    words: Words,
) -> String {
    use crate::ledger::Skip;
    let lot = &lot_name(key, item);
    match why {
        Skip::Expired { on } => words.say(Picking::StopExpired { lot, day: &words.day(on) }),
        Skip::OnHold { .. } => words.say(Picking::StopHeld { lot }),
        Skip::Recalled => words.say(Picking::StopRecalled { lot }),
        Skip::ShelfLifeTooShort { days_left, days_needed } => words.say(Picking::StopShort {
            lot,
            left: &words.days(days_left),
            needed: &words.number(days_needed),
        }),
        Skip::NotPickable { .. } => words.say(Picking::StopPlace { place }),
        Skip::OtherLotDemanded => words.say(Common::NoPageForThis),
        Skip::ReservedElsewhere { .. } => words.say(Picking::StopReserved { lot }),
    }
}

/// The same in half a line, for lots that were passed over.
pub(super) fn skipped_words(skipped: &crate::ledger::Skipped, item: &Item, words: Words) -> String {
    use crate::ledger::Skip;
    let lot = &lot_name(&skipped.candidate.key, item);
    match skipped.why {
        Skip::Expired { on } => words.say(Picking::SkippedExpired { lot, day: &words.day(on) }),
        Skip::Recalled => words.say(Picking::SkippedRecalled { lot }),
        Skip::ShelfLifeTooShort { days_left, days_needed } => words.say(Picking::SkippedShort {
            lot,
            left: &words.days(days_left),
            needed: &words.number(days_needed),
        }),
        _ => words.say(Picking::SkippedHeld { lot }),
    }
}
