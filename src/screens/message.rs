//! Turns failures of the file and refusals of the rules into words for the person who holds the device.

use super::words::{Common, Words};
use crate::ledger::command::Refusal;
use crate::store::StoreError;

/// Why it cannot be done as asked, and what to do instead; pages that know the names say it more exactly.
#[must_use]
pub fn refusal_words(refusal: &Refusal, words: Words) -> String {
    match refusal {
        Refusal::QuantityZero => words.say(Common::QuantityZero),
        Refusal::SerialIsOne { .. } => words.say(Common::RefusedSerialIsOne),
        Refusal::AboveThere { there, .. } => {
            words.say(Common::QuantityTooMany { there: &words.quantity(*there) })
        }
        Refusal::AboveOpen { open, .. } => {
            words.say(Common::RefusedAboveOpen { open: &words.quantity(*open) })
        }
        Refusal::AboveOrdered { ordered, .. } => {
            words.say(Common::RefusedAboveOrdered { ordered: &words.quantity(*ordered) })
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
        _ => Common::StorageOther,
    })
}
