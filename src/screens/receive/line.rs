//! The line in hand: what a label says, how much of it, what is still missing, and what speaks against it.

use super::super::resolve::Label;
use super::super::words::{Receiving, Words};
use super::expected::Expected;
use crate::domain::{Day, HoldKind, HuCode, LotFacts, LotNumber, Quantity, Reason, days_between};
use crate::ledger::{dates_differ, good_to};
use serde::{Deserialize, Serialize};

/// What a line lacks before it can be saved.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Missing {
    Lot,
    Serial,
    Date,
}

impl Missing {
    pub(super) fn name(self, words: Words) -> String {
        words.say(match self {
            Self::Lot => Receiving::MissingLot,
            Self::Serial => Receiving::MissingSerial,
            Self::Date => Receiving::MissingDate,
        })
    }
}

/// What speaks against a line; a person decides.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Doubt {
    /// A separator may be lost: the lot can be read in several ways, or in none as it stands.
    WhichLot { read: Option<LotNumber>, others: Vec<LotNumber> },
    /// The order has no such item.
    NotOnOrder,
    /// Past its date.
    Expired { good_to: Day, days_ago: i64 },
    /// The item asks for more days.
    ShortLife { good_to: Day, left: i64, needed: i64 },
    /// The lot is known with another date.
    DateDiffers { known: Day, label: Day },
    /// The lot is stopped: it may come in at a quarantine place only.
    OnHold { kind: HoldKind },
    /// More than the order still expects.
    TooMany { ordered: Quantity, received: Quantity, with_this: Quantity, rest: Quantity },
}

/// Which doubts a person has answered.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
pub(super) struct Settled {
    pub lot: bool,
    pub order: bool,
    pub life: bool,
    pub date: bool,
    pub many: bool,
}

/// One line before it is saved.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(super) struct Line {
    pub label: Label,
    pub quantity: Quantity,
    pub hu: Option<HuCode>,
    /// The order line it counts against.
    pub number: Option<u32>,
    pub reason: Option<Reason>,
    /// What is known here of its lot.
    pub known: Option<LotFacts>,
    /// The gravest stop on it.
    pub hold: Option<HoldKind>,
    pub settled: Settled,
}

impl Line {
    pub(super) fn missing(&self) -> Option<Missing> {
        let item = &self.label.item;
        let tracking = item.tracking;
        if tracking.needs_lot() && self.label.lot.is_none() {
            return Some(Missing::Lot);
        }
        if tracking.needs_serial() && self.label.serial.is_none() {
            return Some(Missing::Serial);
        }
        let dated = item.days_on_receipt > 0 || item.days_on_dispatch > 0;
        (tracking.needs_lot() && dated && self.good_to().is_none()).then_some(Missing::Date)
    }

    /// The label's date; where it has none, the one known of the lot.
    pub(super) fn good_to(&self) -> Option<Day> {
        let known = self.known.as_ref().and_then(|known| good_to(known.expiry, known.best_before));
        self.label.good_to().or(known)
    }

    /// The first thing that speaks against it and that nobody has answered.
    pub(super) fn doubt(&self, expected: &Expected, in_hand: Quantity, today: Day) -> Option<Doubt> {
        let settled = self.settled;
        if !settled.lot && !self.label.alternatives.is_empty() {
            let others = self.label.alternatives.iter().filter_map(|other| other.lot.clone()).collect();
            return Some(Doubt::WhichLot { read: self.label.lot.clone(), others });
        }
        let item = self.label.item.id;
        if !settled.order && expected.is_order() && !expected.has(item) {
            return Some(Doubt::NotOnOrder);
        }
        if !settled.date
            && let Some((known, label)) = self.dates_differ()
        {
            return Some(Doubt::DateDiffers { known, label });
        }
        if !settled.life
            && let Some(good_to) = self.good_to()
        {
            let (left, needed) = (days_between(today, good_to), i64::from(self.label.item.days_on_receipt));
            if left < 0 {
                return Some(Doubt::Expired { good_to, days_ago: -left });
            }
            if left < needed {
                return Some(Doubt::ShortLife { good_to, left, needed });
            }
        }
        if let Some(kind) = self.hold {
            return Some(Doubt::OnHold { kind });
        }
        if !settled.many && expected.has(item) {
            let (ordered, received) = expected.of_item(item);
            let before = received + in_hand;
            let with_this = before + self.quantity;
            if with_this > ordered {
                let rest = (ordered - before).max(Quantity::ZERO);
                return Some(Doubt::TooMany { ordered, received: before, with_this, rest });
            }
        }
        None
    }

    /// The known day and the label's that contradicts it.
    fn dates_differ(&self) -> Option<(Day, Day)> {
        let known = self.known.as_ref()?;
        let said = self.label.facts().filter(|said| dates_differ(known, said))?;
        [(known.expiry, said.expiry), (known.best_before, said.best_before), (known.produced, said.produced)]
            .into_iter()
            .find_map(|pair| match pair {
                (Some(known), Some(said)) if known != said => Some((known, said)),
                _ => None,
            })
    }

    /// True where this label adds to the line instead of beginning another.
    pub(super) fn takes(&self, label: &Label, hu: Option<&HuCode>) -> bool {
        self.label.item.id == label.item.id
            && self.label.lot == label.lot
            && self.label.serial == label.serial
            && self.hu.as_ref() == hu
            && (label.good_to().is_none() || label.good_to() == self.label.good_to())
    }

    /// Takes what a second label of the same goods says that the first did not.
    pub(super) fn learn(&mut self, label: &Label) {
        let own = &mut self.label;
        own.lot = own.lot.take().or_else(|| label.lot.clone());
        own.serial = own.serial.take().or_else(|| label.serial.clone());
        own.expiry = own.expiry.or(label.expiry);
        own.best_before = own.best_before.or(label.best_before);
        own.produced = own.produced.or(label.produced);
    }

    /// What a serial-tracked or weighed label can be changed by.
    pub(super) fn step(&self) -> Quantity {
        self.label.pack.as_ref().map_or(Quantity::ONE, |pack| pack.units)
    }
}
