//! Stories from the floor and what the ledger makes of them.

use super::arbitrary::{event, event_id, undo_of};
use super::*;
use crate::domain::*;

fn lot(name: &str) -> LotNumber {
    name.parse().unwrap()
}

fn day(text: &str) -> Day {
    text.parse().unwrap()
}

const SHELF: i64 = 1;
const STAGING: i64 = 2;
const QUARANTINE: i64 = 3;
/// 2026-11-23T12:00:00Z.
const NOON: i64 = 1_795_435_200_000;

fn movement(name: &str, units: i64, from: i64, to: i64) -> Movement {
    Movement {
        item: ItemId(1),
        lot: Some(lot(name)),
        serial: None,
        quantity: Quantity::balance(units),
        from: Place::at(LocationId(from)),
        to: Place::at(LocationId(to)),
        line: Some(1),
    }
}

fn label(name: &str, expiry: Option<&str>) -> LotFacts {
    LotFacts {
        item: ItemId(1),
        lot: lot(name),
        expiry: expiry.map(day),
        best_before: None,
        produced: None,
        supplier_lot: None,
        vintage: None,
        origin: None,
    }
}

fn receipt(name: &str, units: i64, expiry: Option<&str>) -> Body {
    Body::Receipt(Receipt {
        order: None,
        supplier: None,
        lots: vec![label(name, expiry)],
        lines: vec![movement(name, units, -1, SHELF)],
        reason: None,
    })
}

fn moved(units: i64, to: i64) -> Body {
    Body::Move(Move { kind: MoveKind::Move, lines: vec![movement("A", units, SHELF, to)] })
}

fn pick(units: i64) -> Body {
    Body::Pick(Pick { order: OrderId(7), lines: vec![movement("A", units, SHELF, STAGING)], fefo: None })
}

fn dispatch(units: i64) -> Body {
    let lines = vec![movement("A", units, STAGING, -2)];
    Body::Dispatch(Dispatch { order: OrderId(7), customer: PartyId(9), lines })
}

fn count(counted: i64, expected: i64, synced_to: u64) -> Body {
    let key = movement("A", 1, SHELF, STAGING).key_at(&Place::at(LocationId(SHELF)));
    let line = CountLine { key, counted: Quantity::balance(counted), expected: Quantity::balance(expected) };
    Body::Count(Count { lines: vec![line], synced_to })
}

fn hold(kind: HoldKind) -> Body {
    let target = HoldTarget::Lot(LotKey { item: ItemId(1), lot: Some(lot("A")) });
    Body::Hold(Hold { target, kind, reason: Reason::Quality, note: String::new() })
}

fn setting() -> Setting {
    let order = Order {
        id: OrderId(7),
        number: "10442".into(),
        direction: Direction::Outbound,
        kind: OrderKind::SalesOrder,
        party: PartyId(9),
        due: None,
        status: OrderStatus::Open,
        lines: vec![OrderLine {
            line: 1,
            item: ItemId(1),
            quantity: Quantity::balance(10),
            lot: None,
            expiry: None,
            hu: None,
        }],
    };
    Setting {
        zone: SiteZone(chrono_tz::Europe::Berlin),
        orders: [(order.id, order)].into(),
        roles: [(UserId(1), Role::Picker), (UserId(2), Role::Supervisor)].into(),
        kinds: [(LocationId(QUARANTINE), LocationKind::Quarantine)].into(),
    }
}

/// `(device, minute, body)` become events 1, 2, 3 …; expected is "event kind others".
fn check(story: Vec<(u128, i64, Body)>, expected: &[&str]) -> Stock {
    let events: Vec<_> = (1..)
        .zip(story)
        .map(|(n, (device, minute, body))| event(n, device, NOON + minute * 60_000, body))
        .collect();
    let (stock, found) = fold_entries(setting(), events.iter().map(|event| (event, true)));
    let name = |id: &EventId| id.0.as_u128().to_string();
    let said: Vec<_> = found
        .iter()
        .map(|one| {
            let others: Vec<_> = one.others.iter().map(name).collect();
            format!("{} {} {}", name(&one.event), one.what.code(), others.join(" ")).trim_end().to_owned()
        })
        .collect();
    assert_eq!(said, expected);
    stock
}

#[test]
fn two_pickers_take_the_last_case() {
    let stock = check(
        vec![(1, 0, receipt("A", 5, None)), (1, 1, pick(5)), (2, 1, pick(5))],
        &["3 negative_balance 2"],
    );
    let key = movement("A", 1, SHELF, STAGING).key_at(&Place::at(LocationId(SHELF)));
    assert_eq!(stock.balance(&key), Ok(Quantity::balance(-5)));
}

#[test]
fn two_labels_disagree() {
    let first = || (1, 0, receipt("A", 5, Some("2027-03-14")));
    check(vec![first(), (2, 1, receipt("A", 5, Some("2027-04-14")))], &["2 lot_dates_differ 1"]);
    check(vec![first(), (2, 1, receipt("A", 5, None))], &[]);
    let stock = check(vec![(1, 0, receipt("A", 5, None)), (2, -9, receipt("A", 5, Some("2027-03-14")))], &[]);
    let known = stock.lots().next().unwrap();
    assert_eq!(known.facts.expiry, Some(day("2027-03-14")), "a later label fills what was open");
    assert_eq!((known.event, known.received), (event_id(1), Timestamp(NOON - 540_000)));
}

#[test]
fn what_is_stopped_must_not_leave() {
    let stock = || (1, 0, receipt("A", 9, None));
    check(vec![stock(), (2, 5, hold(HoldKind::Recall)), (1, 6, pick(1))], &["3 taken_while_held 2"]);
    check(vec![stock(), (2, 5, hold(HoldKind::Hold)), (1, 4, pick(1))], &[]);
    check(vec![stock(), (1, 6, pick(1)), (2, 5, hold(HoldKind::Hold))], &["3 taken_while_held 2"]);
    check(vec![stock(), (1, 4, pick(1)), (2, 5, hold(HoldKind::Hold))], &[]);
    check(vec![stock(), (2, 5, hold(HoldKind::Hold)), (1, 6, moved(1, STAGING))], &["3 taken_while_held 2"]);
    check(vec![stock(), (2, 5, hold(HoldKind::Hold)), (1, 6, moved(1, QUARANTINE))], &[]);
    let placed = event(2, 2, NOON, hold(HoldKind::Hold));
    check(vec![stock(), (2, 5, placed.body.clone()), (2, 6, undo_of(&placed)), (1, 7, pick(1))], &[]);
}

#[test]
fn expired_goods_are_flagged_by_the_sites_calendar() {
    let stock = || (1, 0, receipt("A", 9, Some("2026-11-23")));
    let last_minute = 12 * 60 - 60 - 1;
    check(vec![stock(), (1, last_minute, pick(1))], &[]);
    check(vec![stock(), (1, last_minute + 1, pick(1))], &["2 taken_expired"]);
    check(vec![stock(), (1, last_minute + 1, moved(1, STAGING))], &[]);
}

#[test]
fn orders_do_not_get_more_than_was_ordered() {
    let begin = || vec![(1, 0, receipt("A", 30, None)), (1, 1, pick(20))];
    let with = |more: Vec<(u128, i64, Body)>| begin().into_iter().chain(more).collect();
    check(with(vec![(1, 2, dispatch(6)), (1, 3, dispatch(4))]), &[]);
    check(with(vec![(1, 2, dispatch(6)), (1, 3, dispatch(5))]), &["4 dispatched_above_order"]);
    let close = Body::CloseOrder(CloseOrder { order: OrderId(7) });
    check(with(vec![(1, 2, close), (2, 3, dispatch(5))]), &["4 order_closed"]);
}

#[test]
fn a_count_that_did_not_know_is_overtaken() {
    let stock = || (1, 0, receipt("A", 10, None));
    check(vec![stock(), (2, 5, count(7, 10, 1)), (1, 4, pick(3))], &["3 count_overtaken 2"]);
    check(vec![stock(), (1, 4, pick(3)), (2, 5, count(7, 10, 1))], &["3 count_overtaken 2"]);
    check(vec![stock(), (1, 4, pick(3)), (2, 5, count(7, 7, 2))], &[]);
    check(vec![stock(), (2, 5, count(10, 10, 1)), (1, 4, pick(3))], &["3 count_overtaken 2"]);
    check(vec![stock(), (2, 5, count(10, 10, 1)), (1, 6, pick(3))], &[]);
    check(vec![stock(), (1, 5, count(10, 10, 1)), (1, 4, pick(3))], &[]);
}

#[test]
fn wrong_clocks_are_one_discrepancy_a_day() {
    let skewed = |n, skew_ms| Event { skew_ms: Some(skew_ms), ..event(n, 1, NOON, moved(1, SHELF)) };
    let events = [skewed(1, 300_000), skewed(2, 300_001), skewed(3, -400_000)];
    let (_, found) = fold(&events);
    let codes: Vec<_> = found.iter().map(|one| one.what.code()).collect();
    assert_eq!(codes, ["clock_skew", "clock_skew"]);
    assert_eq!(found[0].identity(), found[1].identity());
}

fn refused(stock: &Stock, operator: i64, body: Body) -> Option<&'static str> {
    let asked = Event { operator: UserId(operator), ..event(50, 1, NOON, body) };
    let Ok(refusal) = refuse(&asked, stock);
    refusal.map(|refusal| refusal.code())
}

#[test]
fn commands_are_refused_with_a_reason() {
    let release = |n, item| {
        let target = HoldTarget::Lot(LotKey { item: ItemId(item), lot: Some(lot("A")) });
        Body::Release(Release { hold: event_id(n), target, reason: Reason::Checked })
    };
    let close = |order| Body::CloseOrder(CloseOrder { order: OrderId(order) });
    let stock = check(
        vec![
            (1, 0, hold(HoldKind::Hold)),
            (1, 1, hold(HoldKind::Hold)),
            (1, 2, release(2, 1)),
            (1, 3, pick(0)),
        ],
        &["4 taken_while_held 1"],
    );
    assert_eq!(refused(&stock, 2, release(1, 1)), None);
    assert_eq!(refused(&stock, 1, release(1, 1)), Some("not_allowed"));
    assert_eq!(refused(&stock, 3, release(1, 1)), Some("not_allowed"));
    assert_eq!(refused(&stock, 2, release(1, 2)), Some("hold_differs"));
    assert_eq!(refused(&stock, 2, release(2, 1)), Some("hold_ended"));
    assert_eq!(refused(&stock, 2, release(9, 1)), Some("hold_unknown"));
    assert_eq!(refused(&stock, 1, close(7)), None);
    assert_eq!(refused(&stock, 1, close(8)), Some("order_unknown"));
    assert_eq!(refused(&stock, 1, pick(1_000)), None, "facts are never refused");
    let closed = check(vec![(1, 0, close(7))], &[]);
    assert_eq!(refused(&closed, 1, close(7)), Some("order_closed"));
}

#[test]
fn an_undo_counts_once_and_only_for_what_counted() {
    let picked = event(1, 1, NOON, pick(1));
    let mut stock = Stock::new(setting());
    stock.apply(&event(9, 1, NOON, receipt("A", 9, None)), true);
    stock.apply(&picked, true);
    assert_eq!(refused(&stock, 1, undo_of(&picked)), None);
    assert_eq!(refused(&stock, 1, undo_of(&Event { body: pick(2), ..picked.clone() })), Some("undo_differs"));
    let unseen = event(77, 1, NOON, pick(1));
    assert_eq!(refused(&stock, 1, undo_of(&unseen)), None, "after a restore it may come back later");
    stock.apply(&event(2, 1, NOON, undo_of(&picked)), true);
    assert_eq!(refused(&stock, 1, undo_of(&picked)), Some("undone_already"));
    stock.apply(&event(3, 1, NOON, pick(4)), false);
    assert_eq!(refused(&stock, 1, undo_of(&event(3, 1, NOON, pick(4)))), Some("nothing_to_undo"));
    let held = event(4, 1, NOON, hold(HoldKind::Hold));
    stock.apply(&held, true);
    assert_eq!(refused(&stock, 1, undo_of(&held)), Some("not_allowed"));
    assert_eq!(refused(&stock, 2, undo_of(&held)), None);
}
