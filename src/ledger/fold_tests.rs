//! What must hold of every fold, whatever the events are.

use super::arbitrary::{event, plain_body, stream, undo_of};
use super::*;
use crate::domain::*;
use proptest::prelude::*;
use std::collections::BTreeMap;

/// What does not depend on the order of events: everything but what labels said of lots and the story of each balance.
fn sums(stock: &Stock) -> impl PartialEq + std::fmt::Debug + use<> {
    (
        stock.balances().map(|(key, balance)| (key.clone(), balance)).collect::<Vec<_>>(),
        stock.all_progress().cloned().collect::<Vec<_>>(),
        stock.origins().cloned().collect::<Vec<_>>(),
        stock.destinations().cloned().collect::<Vec<_>>(),
        stock.holds().collect::<Vec<_>>(),
        stock.closed().collect::<Vec<_>>(),
    )
}

/// What people see: sums over the rows of an event and of its undo.
fn seen(stock: &Stock) -> impl PartialEq + std::fmt::Debug + use<> {
    let mut progress: Vec<_> = stock.all_progress().cloned().collect();
    progress.retain(|row| (row.received, row.picked, row.dispatched, row.short) != (0, 0, 0, 0));
    let mut origins = BTreeMap::new();
    for row in stock.origins() {
        *origins.entry((row.lot.clone(), row.supplier, row.order)).or_insert(Quantity::ZERO) += row.quantity;
    }
    let mut destinations = BTreeMap::new();
    for row in stock.destinations() {
        let key = (row.lot.clone(), row.serial.clone(), row.order, row.line, row.customer);
        *destinations.entry(key).or_insert(Quantity::ZERO) += row.quantity;
    }
    origins.retain(|_, sum| !sum.is_zero());
    destinations.retain(|_, sum| !sum.is_zero());
    (
        stock.balances().map(|(key, balance)| (key.clone(), balance.quantity)).collect::<Vec<_>>(),
        progress,
        origins,
        destinations,
        stock.holds().filter(|state| !state.released).collect::<Vec<_>>(),
        stock.closed().collect::<Vec<_>>(),
    )
}

proptest! {
    #[test]
    fn order_and_repetition_change_nothing(
        (events, mixed) in stream().prop_flat_map(|events| {
            let mut twice = events.clone();
            twice.extend(events.iter().step_by(2).cloned());
            (Just(events), Just(twice).prop_shuffle())
        })
    ) {
        prop_assert_eq!(sums(&fold(&events).0), sums(&fold(&mixed).0));
    }

    #[test]
    fn nothing_appears_or_vanishes(events in stream()) {
        let mut stock = Stock::new(Setting::default());
        for event in &events {
            stock.apply(event, true);
            prop_assert_eq!(stock.imbalances(), vec![]);
        }
    }

    #[test]
    fn an_undo_restores_what_was(events in stream(), body in plain_body()) {
        prop_assume!(!matches!(body, Body::Release(_)));
        let (before, _) = fold(&events);
        let mistake = event(100, 1, 60, body);
        let correction = event(101, 1, 61, undo_of(&mistake));
        let (after, _) = fold(events.iter().chain([&mistake, &correction]));
        prop_assert_eq!(seen(&before), seen(&after));
        let again = event(102, 2, 62, undo_of(&mistake));
        let (twice, found) = fold(events.iter().chain([&mistake, &correction, &again]));
        prop_assert_eq!(sums(&after), sums(&twice));
        let repeated = Mismatch::UndoneTwice { undone: mistake.id };
        prop_assert!(found.iter().any(|one| one.what == repeated));
    }

    #[test]
    fn what_was_refused_changes_nothing(events in stream(), body in plain_body()) {
        let refused = event(100, 1, 0, body);
        let entries = events.iter().map(|event| (event, true)).chain([(&refused, false)]);
        let (stock, found) = fold_entries(Setting::default(), entries);
        prop_assert_eq!(sums(&stock), sums(&fold(&events).0));
        prop_assert!(found.iter().all(|one| one.event != refused.id));
    }

    #[test]
    fn every_balance_that_falls_below_zero_is_reported(events in stream()) {
        let (stock, found) = fold(&events);
        for (key, balance) in stock.balances() {
            if balance.quantity.is_negative() && !key.place.location.is_virtual() {
                let names_it = |one: &Discrepancy| {
                    matches!(&one.what, Mismatch::NegativeBalance { key: reported, .. } if reported == key)
                };
                prop_assert!(found.iter().any(names_it), "{:?} {:?}", key, balance);
            }
        }
    }

    #[test]
    fn a_replay_finds_the_same_discrepancies(events in stream()) {
        let name = |found: Vec<Discrepancy>| found.iter().map(Discrepancy::identity).collect::<Vec<_>>();
        let first = name(fold(&events).1);
        prop_assert_eq!(&first, &name(fold(&events).1));
        prop_assert_eq!(first.iter().collect::<std::collections::BTreeSet<_>>().len(), first.len());
    }

    #[test]
    fn undoing_an_undo_does_nothing(events in stream(), body in plain_body()) {
        let mistake = event(100, 1, 60, body);
        let correction = event(101, 1, 61, undo_of(&mistake));
        let confusion = event(102, 1, 62, undo_of(&correction));
        let (before, _) = fold(events.iter().chain([&mistake, &correction]));
        let (after, _) = fold(events.iter().chain([&mistake, &correction, &confusion]));
        prop_assert_eq!(sums(&before), sums(&after));
    }
}
