//! Turns failures of the file and refusals of the rules into words for the person who holds the device.

use super::words::{Common, Repair, Words};
use crate::domain::Unit;
use crate::ledger::command::Refusal;
use crate::store::{Numbers, Salvage, StoreError, count};

/// Why it cannot be done as asked, and what to do instead; pages that know the names say it more exactly. Quantities
/// are of an item counted in `unit`.
#[must_use]
pub fn refusal_words(refusal: &Refusal, unit: Unit, words: Words) -> String {
    match refusal {
        Refusal::QuantityZero => words.say(Common::QuantityZero),
        Refusal::SerialIsOne { .. } => words.say(Common::RefusedSerialIsOne),
        Refusal::AboveThere { there, .. } => {
            words.say(Common::QuantityTooMany { there: &words.figure(*there, unit) })
        }
        Refusal::AboveOpen { open, .. } => {
            words.say(Common::RefusedAboveOpen { open: &words.figure(*open, unit) })
        }
        Refusal::AboveOrdered { ordered, .. } => {
            words.say(Common::RefusedAboveOrdered { ordered: &words.figure(*ordered, unit) })
        }
        Refusal::NothingThere => words.say(Common::RefusedNothingThere),
        Refusal::SamePlace => words.say(Common::RefusedSamePlace),
        Refusal::LotMissing => words.say(Common::RefusedLotMissing),
        Refusal::SerialMissing => words.say(Common::RefusedSerialMissing),
        Refusal::OtherItem { .. } => words.say(Common::RefusedOtherItem),
        Refusal::Unfit(_) => words.say(Common::RefusedUnfit),
        Refusal::ShortDated { days_left, days_needed, .. } => words.say(Common::RefusedShortDated {
            left: &words.days(*days_left),
            needed: &words.days(*days_needed),
        }),
        Refusal::OnHold { .. } => words.say(Common::RefusedOnHold),
        Refusal::DatesDiffer { .. } => words.say(Common::RefusedDatesDiffer),
        Refusal::OrderClosed => words.say(Common::RefusedOrderClosed),
        Refusal::NotAllowed { .. } => words.say(Common::RefusedNotAllowed),
        Refusal::HoldEnded { .. } => words.say(Common::RefusedHoldEnded),
        Refusal::NothingToUndo { .. } => words.say(Common::NothingToUndo),
        Refusal::TooManyLines { .. } => words.say(Common::RefusedTooManyLines),
    }
}

/// What happened and what to do next.
#[must_use]
pub fn store_words(error: &StoreError, words: Words) -> String {
    words.say(match error {
        StoreError::DiskFull => Common::StorageFull,
        StoreError::Busy | StoreError::Locked => Common::StorageBusy,
        StoreError::Damaged(_) => Common::StorageDamaged,
        StoreError::NewerSchema { .. } | StoreError::Foreign => Common::StorageNewer,
        StoreError::OutboxFull { .. } => Common::OutboxFull,
        StoreError::NotEnrolled => Common::NotEnrolled,
        StoreError::Unsure(_) => Common::StorageUnsure,
        _ => Common::StorageOther,
    })
}

/// What must be read before work goes on.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Notice {
    /// What happened.
    pub title: String,
    /// What became of it, and what to do.
    pub text: String,
}

/// Ranges named; further ones are counted with the rest.
const RANGES_MAX: usize = 4;

/// What became of a damaged file, in numbers.
#[must_use]
pub fn salvage_words(salvage: &Salvage, words: Words) -> Notice {
    let number = |number: u64| words.number(number.try_into().unwrap_or(i64::MAX));
    let lost = count(&salvage.lost);
    let saved = number(salvage.pending);
    let first = match (salvage.pending, lost) {
        (0, 0) => words.say(Repair::NothingWaited),
        (_, 0) => words.say(Repair::AllSaved { saved: &saved }),
        _ => words.say(Repair::SomeSaved {
            saved: &saved,
            all: &number(salvage.pending + lost),
            missing: &number(lost),
            numbers: &numbers(&salvage.lost),
        }),
    };
    let then = words.say(if salvage.identity { Repair::Office } else { Repair::EnrolAgain });
    Notice { title: words.say(Repair::Title), text: format!("{first}\n\n{then}") }
}

/// "87–88, 91": as on the console, so without marks between thousands.
fn numbers(lost: &Numbers) -> String {
    let one = |range: &std::ops::RangeInclusive<u64>| match (range.start(), range.end()) {
        (from, to) if from == to => from.to_string(),
        (from, to) => format!("{from}–{to}"),
    };
    let mut text = lost.iter().take(RANGES_MAX).map(one).collect::<Vec<_>>().join(", ");
    if lost.len() > RANGES_MAX {
        text.push_str(", …");
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::screens::words::Language;
    use std::path::PathBuf;

    fn check(pending: u64, lost: Numbers, identity: bool, language: Language, expected: &str) {
        let (moved_to, why) = (PathBuf::new(), String::new());
        let missing = count(&lost);
        let salvage =
            Salvage { moved_to, why, events: pending, pending, missing, lost, identity, complete: true };
        assert_eq!(salvage_words(&salvage, Words::new(language)).text, expected);
    }

    #[test]
    fn what_is_missing_is_said_in_numbers() {
        use Language::{English, German};
        let some = "312 of 314 waiting events were saved; 2 are missing: numbers 87–88.\n\n\
            Show this to the office. Scan to go on.";
        check(312, vec![87..=88], true, English, some);
        let one = "1 von 3 wartenden Vorgängen gerettet; 2 fehlen: Nummern 5, 7.\n\n\
            Dem Büro zeigen. Weiter mit Scannen.";
        check(1, vec![5..=5, 7..=7], true, German, one);
        let all = "All 12 waiting events were saved.\n\n\
            The device must be enrolled again. Bring it to the office.";
        check(12, vec![], false, English, all);
        let none = "Nothing was waiting to be sent.\n\nShow this to the office. Scan to go on.";
        check(0, vec![], true, English, none);
        let many = "0 of 5 waiting events were saved; 5 are missing: numbers 1, 3, 5, 7, ….\n\n\
            Show this to the office. Scan to go on.";
        check(0, (0..5).map(|n| 2 * n + 1..=2 * n + 1).collect(), true, English, many);
    }
}
