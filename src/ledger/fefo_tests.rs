use super::*;
use crate::domain::{LocationId, LotKey, Place, Timestamp};
use proptest::prelude::*;

fn day(text: &str) -> Day {
    text.parse().unwrap()
}

fn candidate(lot: &str, good: &str, units: i64) -> Candidate {
    Candidate {
        key: LotKey { item: ItemId(1), lot: Some(lot.parse().unwrap()) },
        place: Place::at(LocationId(10)),
        serial: None,
        expiry: Some(day(good)),
        best_before: None,
        produced: None,
        received: Timestamp(0),
        walk: 0,
        kind: LocationKind::PickFace,
        quantity: Quantity::balance(units),
        hold: None,
    }
}

fn demand(units: i64) -> Demand {
    Demand {
        item: ItemId(1),
        quantity: Quantity::balance(units),
        lot: None,
        days_needed: 10,
        today: day("2026-11-23"),
    }
}

fn say(allocation: &Allocation) -> String {
    let lot =
        |candidate: &Candidate| candidate.key.lot.as_ref().map_or_else(String::new, ToString::to_string);
    let picks = allocation.picks.iter().map(|take| format!("{} {}", take.quantity, lot(&take.candidate)));
    let skipped =
        allocation.skipped.iter().map(|skipped| format!("not {} {:?}", lot(&skipped.candidate), skipped.why));
    let short = (!allocation.short.is_zero()).then(|| format!("short {}", allocation.short));
    picks.chain(skipped).chain(short).collect::<Vec<_>>().join(", ")
}

fn check(candidates: Vec<Candidate>, demand: &Demand, expected: &str) {
    assert_eq!(say(&allocate(candidates, demand)), expected);
}

#[test]
fn the_first_to_expire_goes_first_and_a_broken_pack_changes_nothing() {
    let stock = || vec![candidate("A", "2027-01-01", 5), candidate("B", "2027-02-01", 12)];
    check(stock(), &demand(12), "5 A, 7 B");
    check(stock(), &demand(5), "5 A");
    check(stock(), &demand(20), "5 A, 12 B, short 3");
    check(stock(), &demand(0), "");
    check(vec![], &demand(3), "short 3");
}

#[test]
fn a_lot_is_good_through_its_day() {
    let at = |good, needed| {
        let wanted = Demand { days_needed: needed, ..demand(1) };
        say(&allocate([candidate("A", good, 1)], &wanted))
    };
    assert_eq!(at("2026-11-23", 0), "1 A");
    assert_eq!(at("2026-11-22", 0), "not A Expired { on: 2026-11-22 }, short 1");
    assert_eq!(at("2026-12-03", 10), "1 A");
    assert_eq!(at("2026-12-02", 10), "not A ShelfLifeTooShort { days_left: 9, days_needed: 10 }, short 1");
}

#[test]
fn best_before_governs_without_an_expiry() {
    let mut both = candidate("A", "2027-01-01", 1);
    both.best_before = Some(day("2026-01-01"));
    check(vec![both.clone()], &demand(1), "1 A");
    both.expiry = None;
    check(vec![both.clone()], &demand(1), "not A Expired { on: 2026-01-01 }, short 1");
    both.best_before = None;
    check(vec![both], &demand(1), "1 A");
}

#[test]
fn what_is_passed_over_says_why() {
    let with = |change: fn(&mut Candidate), wanted: &str| {
        let mut first = candidate("A", "2027-01-01", 5);
        change(&mut first);
        check(vec![first, candidate("B", "2027-02-01", 5)], &demand(5), &format!("5 B, not A {wanted}"));
    };
    with(|c| c.hold = Some(HoldKind::Quarantine), "OnHold { kind: Quarantine }");
    with(|c| c.hold = Some(HoldKind::Recall), "Recalled");
    with(|c| c.kind = LocationKind::Staging, "NotPickable { kind: Staging }");
    check(
        vec![candidate("A", "2027-01-01", 5), candidate("B", "2027-02-01", 5)],
        &Demand { lot: Some("B".parse().unwrap()), ..demand(6) },
        "5 B, not A OtherLotDemanded, short 1",
    );
    let empty = candidate("A", "2027-01-01", -3);
    let other = Candidate { key: LotKey { item: ItemId(2), lot: None }, ..candidate("A", "2027-01-01", 3) };
    check(vec![empty, other, candidate("B", "2027-02-01", 5)], &demand(5), "5 B");
}

#[test]
fn allocation_reads_no_further_than_it_needs() {
    let mut read = 0;
    let rows = (0..1_000).map(|n| candidate(&format!("L{n}"), "2027-01-01", 4)).inspect(|_| read += 1);
    assert_eq!(allocate(rows, &demand(9)).picks.len(), 3);
    assert_eq!(read, 3);
}

#[test]
fn one_line_does_not_get_what_another_has() {
    let stock = [candidate("A", "2027-01-01", 5), candidate("B", "2027-02-01", 5)];
    let lines = [(1, demand(3)), (2, demand(4)), (3, demand(9))];
    let filled = allocate_order(&lines, |_, visit| {
        let _ = stock.iter().cloned().try_for_each(visit);
        Ok::<_, std::convert::Infallible>(())
    });
    let said: Vec<_> =
        filled.unwrap().iter().map(|(line, allocation)| format!("{line}: {}", say(allocation))).collect();
    assert_eq!(said, ["1: 3 A", "2: 2 A, 2 B", "3: 3 B, not A ReservedElsewhere { line: 2 }, short 6"]);
}

#[test]
fn dates_decide_before_receipt_walk_and_number() {
    let plain = candidate("B", "2027-01-01", 5);
    let before = |change: fn(&mut Candidate)| {
        let mut other = plain.clone();
        change(&mut other);
        assert!(other < plain, "{other:?}");
    };
    let after = |change: fn(&mut Candidate)| {
        let mut other = plain.clone();
        change(&mut other);
        assert!(other > plain, "{other:?}");
    };
    before(|c| (c.expiry, c.received, c.walk) = (Some(day("2026-12-31")), Timestamp(9), 9));
    before(|c| (c.best_before, c.received) = (Some(day("2029-01-01")), Timestamp(9)));
    before(|c| (c.produced, c.walk) = (Some(day("2026-01-01")), 9));
    before(|c| (c.received, c.walk) = (Timestamp(-1), 9));
    before(|c| (c.walk, c.key.lot) = (-1, Some("C".parse().unwrap())));
    before(|c| c.key.lot = Some("A".parse().unwrap()));
    after(|c| c.expiry = None);
    after(|c| (c.expiry, c.best_before) = (None, Some(day("2020-01-01"))));
    after(|c| c.key.lot = None);
}

fn any_candidate() -> impl Strategy<Value = Candidate> {
    let date =
        || prop::option::of((0_i64..60).prop_map(|n| crate::domain::day_from_number(20_770 + n).unwrap()));
    let kinds = prop::sample::select(vec![LocationKind::Storage, LocationKind::PickFace, LocationKind::Dock]);
    let holds = prop::sample::select(vec![None, None, None, Some(HoldKind::Hold), Some(HoldKind::Recall)]);
    (date(), date(), date(), 0_i64..4, 0_i64..4, 0_i64..4, -3_i64..20, kinds, holds).prop_map(
        |(expiry, best_before, produced, received, walk, lot, units, kind, hold)| Candidate {
            key: LotKey { item: ItemId(1), lot: (lot > 0).then(|| format!("L{lot}").parse().unwrap()) },
            place: Place::at(LocationId(walk + 1)),
            expiry,
            best_before,
            produced,
            received: Timestamp(received),
            walk,
            kind,
            quantity: Quantity::balance(units),
            hold,
            ..candidate("L", "2027-01-01", 1)
        },
    )
}

proptest! {
    #[test]
    fn allocated_and_short_are_what_was_demanded(
        mut stock in prop::collection::vec(any_candidate(), 0..20), units in -2_i64..80, needed in 0_i64..30,
    ) {
        stock.sort();
        let wanted = Demand { days_needed: needed, ..demand(units) };
        let allocation = allocate(stock.clone(), &wanted);
        prop_assert_eq!(allocation.allocated() + allocation.short, wanted.quantity);
        prop_assert!(allocation.picks.is_sorted_by(|a, b| a.candidate <= b.candidate));
        for take in &allocation.picks {
            prop_assert!(take.quantity.is_positive() && take.quantity <= take.candidate.quantity);
            prop_assert_eq!(skip(&take.candidate, &wanted), None);
        }
        if allocation.short.is_positive() {
            let free: Quantity = stock.iter().filter(|c| c.quantity.is_positive() && skip(c, &wanted).is_none())
                .map(|c| c.quantity).sum();
            prop_assert_eq!(allocation.allocated(), free);
        }
    }

    #[test]
    fn lines_never_share_a_unit(
        mut stock in prop::collection::btree_map(0_i64..30, any_candidate(), 0..12),
        units in prop::collection::vec(0_i64..30, 1..6),
    ) {
        for (n, candidate) in &mut stock { candidate.place = Place::at(LocationId(*n + 1)); }
        let mut stock: Vec<_> = stock.into_values().collect();
        stock.sort();
        let lines: Vec<_> = (1_u32..).zip(units.iter().map(|units| demand(*units))).collect();
        let filled = allocate_order(&lines, |_, visit| {
            let _ = stock.iter().cloned().try_for_each(visit);
            Ok::<_, std::convert::Infallible>(())
        }).unwrap();
        for candidate in &stock {
            let taken: Quantity = filled.iter().flat_map(|(_, a)| &a.picks)
                .filter(|take| take.candidate == *candidate).map(|take| take.quantity).sum();
            prop_assert!(taken <= candidate.quantity.max(Quantity::ZERO));
        }
        for ((_, wanted), (_, allocation)) in lines.iter().zip(&filled) {
            prop_assert_eq!(allocation.allocated() + allocation.short, wanted.quantity);
        }
    }

    #[test]
    fn the_order_is_total(a in any_candidate(), b in any_candidate(), c in any_candidate()) {
        prop_assert_eq!(a.cmp(&b), b.cmp(&a).reverse());
        prop_assert_eq!(a.cmp(&b).is_eq(), a == b);
        prop_assert!(!(a <= b && b <= c) || a <= c);
    }
}
