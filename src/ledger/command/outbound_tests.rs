use super::*;
use crate::domain::{
    Direction, HoldKind, LocationKind, LotKey, OrderId, OrderKind, OrderStatus, PartyId, Timestamp,
};

fn stock(lot: &str, good_to: Option<&str>, units: i64) -> Candidate {
    Candidate {
        key: LotKey { item: ItemId(1), lot: Some(lot.parse().unwrap()) },
        place: Place::at(LocationId(10)),
        serial: None,
        expiry: good_to.map(|day| day.parse().unwrap()),
        best_before: None,
        produced: None,
        received: Timestamp(0),
        walk: 0,
        kind: LocationKind::PickFace,
        quantity: Quantity::balance(units),
        hold: None,
    }
}

fn line() -> OrderLine {
    OrderLine { line: 2, item: ItemId(1), quantity: Quantity::balance(24), lot: None, expiry: None, hu: None }
}

fn order() -> Order {
    Order {
        id: OrderId(7),
        number: "10442".into(),
        direction: Direction::Outbound,
        kind: OrderKind::SalesOrder,
        party: PartyId(9),
        due: None,
        status: OrderStatus::Open,
        lines: vec![line()],
    }
}

fn demand() -> Demand {
    Demand {
        item: ItemId(1),
        quantity: Quantity::balance(24),
        lot: None,
        days_needed: 5,
        today: "2026-11-23".parse().unwrap(),
    }
}

fn say(verdict: &Verdict) -> String {
    let first = |judged: &Judged| {
        let lot = judged.first.key.lot.as_ref().map(ToString::to_string);
        format!("{} first, {} days", lot.unwrap_or_default(), judged.days_lost)
    };
    match verdict {
        Verdict::Accepted(None) => "accepted".into(),
        Verdict::Accepted(Some(fefo)) => format!("accepted over {}, {} days", fefo.first, fefo.days_lost),
        Verdict::Question(judged) => format!("question: {}", first(judged)),
        Verdict::Stop(Stop::NotFirst(judged)) => format!("stop: {}", first(judged)),
        Verdict::Stop(Stop::WrongItem { wanted }) => format!("stop: item {wanted}"),
        Verdict::Stop(Stop::Unfit(why)) => format!("stop: {why:?}"),
    }
}

fn check(scanned: &Candidate, best: Option<&Candidate>, policy: FefoPolicy, expected: &str) {
    assert_eq!(say(&judge(scanned, &demand(), best, policy)), expected);
}

#[test]
fn the_scan_decides() {
    use FefoPolicy::{Allow, AskReason, Stop};
    let first = stock("L2231", Some("2027-03-14"), 36);
    let later = stock("L2250", Some("2027-06-02"), 36);
    check(&first, Some(&first), Stop, "accepted");
    check(&later, Some(&first), Allow, "accepted over L2231, 80 days");
    check(&later, Some(&first), AskReason, "question: L2231 first, 80 days");
    check(&later, Some(&first), Stop, "stop: L2231 first, 80 days");
    check(&later, None, Stop, "accepted");
    let elsewhere = Candidate { place: Place::at(LocationId(11)), ..first.clone() };
    check(&elsewhere, Some(&first), Stop, "accepted");
    check(&stock("L2232", Some("2027-03-14"), 5), Some(&first), Stop, "accepted");
    check(&stock("L2200", Some("2027-03-01"), 5), Some(&first), Stop, "accepted");
    check(&stock("L1", None, 5), Some(&first), AskReason, "question: L2231 first, 0 days");
    check(&stock("L1", None, 5), Some(&stock("L0", None, 5)), Stop, "accepted");
}

#[test]
fn what_must_not_be_taken_stops() {
    let policy = FefoPolicy::Allow;
    let good = stock("A", Some("2027-03-14"), 36);
    let other = Candidate { key: LotKey { item: ItemId(2), lot: None }, ..good.clone() };
    check(&other, Some(&good), policy, "stop: item 1");
    check(&stock("A", Some("2026-11-22"), 1), None, policy, "stop: Expired { on: 2026-11-22 }");
    let short = "stop: ShelfLifeTooShort { days_left: 4, days_needed: 5 }";
    check(&stock("A", Some("2026-11-27"), 1), None, policy, short);
    let held = |kind| Candidate { hold: Some(kind), ..good.clone() };
    check(&held(HoldKind::Recall), None, policy, "stop: Recalled");
    check(&held(HoldKind::Damaged), None, policy, "stop: OnHold { kind: Damaged }");
}

fn pick_of(units: i64, open: i64, there: i64, confirmed: bool) -> Result<Quantity, Refusal> {
    let take = Take { candidate: stock("A", None, there), quantity: Quantity::balance(units) };
    let body = pick(
        &order(),
        &line(),
        Quantity::balance(open),
        &[take],
        &Place::at(LocationId(3)),
        None,
        confirmed,
    )?;
    let [movement] = body.lines() else { panic!("one line") };
    assert_eq!(
        (movement.line, movement.from.location, movement.to.location),
        (Some(2), LocationId(10), LocationId(3))
    );
    Ok(movement.quantity)
}

#[test]
fn a_pick_stays_within_its_line_and_the_shelf() {
    let units = Quantity::balance;
    assert_eq!(pick_of(24, 24, 36, false), Ok(units(24)));
    assert_eq!(pick_of(0, 24, 36, false), Err(Refusal::QuantityZero));
    assert_eq!(pick_of(25, 24, 36, true), Err(Refusal::AboveOpen { open: units(24), wanted: units(25) }));
    let above = Refusal::AboveThere { there: units(6), wanted: units(24) };
    assert!(above.can_be_confirmed());
    assert_eq!(pick_of(24, 24, 6, false), Err(above));
    assert_eq!(pick_of(24, 24, 6, true), Ok(units(24)));
    let serial = Candidate { serial: Some("S".parse().unwrap()), ..stock("A", None, 1) };
    let take = Take { candidate: serial, quantity: units(2) };
    let refused = pick(&order(), &line(), units(24), &[take], &Place::at(LocationId(3)), None, false);
    assert_eq!(refused, Err(Refusal::SerialIsOne { wanted: units(2) }));
}

#[test]
fn a_short_stays_within_its_line() {
    let give_up =
        |units| short(&order(), &line(), Quantity::balance(3), Quantity::balance(units), Reason::NotFound);
    assert!(matches!(give_up(3), Ok(Body::Short(short)) if short.line == 2 && short.quantity.units() == 3));
    assert_eq!(give_up(0), Err(Refusal::QuantityZero));
    assert!(matches!(give_up(4), Err(Refusal::AboveOpen { .. })));
}

#[test]
fn only_what_was_picked_and_is_still_good_goes_on_the_truck() {
    let load = |good_to, open| Load {
        candidate: Candidate { kind: LocationKind::Staging, ..stock("A", Some(good_to), 24) },
        line: 2,
        open: Quantity::balance(open),
        quantity: Quantity::balance(24),
        demand: demand(),
    };
    let body = dispatch(&order(), false, &[load("2027-03-14", 24)]).unwrap();
    let Body::Dispatch(Dispatch { customer, lines, .. }) = &body else { panic!("{body:?}") };
    assert_eq!((*customer, lines[0].line, lines[0].to.location), (PartyId(9), Some(2), LocationId::CUSTOMER));
    assert_eq!(dispatch(&order(), true, &[load("2027-03-14", 24)]), Err(Refusal::OrderClosed));
    assert_eq!(dispatch(&order(), false, &[]), Err(Refusal::NothingThere));
    assert!(matches!(dispatch(&order(), false, &[load("2027-03-14", 23)]), Err(Refusal::AboveOpen { .. })));
    assert!(matches!(dispatch(&order(), false, &[load("2026-01-01", 24)]), Err(Refusal::Unfit(_))));
    assert_eq!(close_order(&order(), true), Err(Refusal::OrderClosed));
    assert!(matches!(close_order(&order(), false), Ok(Body::CloseOrder(close)) if close.order == OrderId(7)));
}
