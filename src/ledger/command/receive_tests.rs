use super::*;
use crate::domain::LotKey;
use crate::domain::{Direction, ItemId, OrderId, OrderKind, OrderStatus, PartyId, Tracking, Unit};

fn item(tracking: Tracking) -> Item {
    Item {
        id: ItemId(1),
        code: "1".into(),
        name: "Oat drink".into(),
        tracking,
        unit: Unit::Each,
        packs: vec![],
        days_on_receipt: 30,
        days_on_dispatch: 0,
        zone: String::new(),
        active: true,
    }
}

fn facts(lot: &str, expiry: Option<&str>) -> LotFacts {
    LotFacts {
        item: ItemId(1),
        lot: lot.parse().unwrap(),
        expiry: expiry.map(|day| day.parse().unwrap()),
        best_before: None,
        produced: None,
        supplier_lot: None,
        vintage: None,
        origin: None,
    }
}

fn arrival<'a>(item: &'a Item, lot: Option<LotFacts>, units: i64) -> Arrival<'a> {
    Arrival {
        item,
        lot,
        serial: None,
        quantity: Quantity::balance(units),
        to: Place::at(LocationId(1)),
        kind: LocationKind::Dock,
        hold: None,
        known: None,
    }
}

fn order() -> Order {
    let line = |line, units, lot: Option<&str>| OrderLine {
        line,
        item: ItemId(1),
        quantity: Quantity::balance(units),
        lot: lot.map(|lot| lot.parse().unwrap()),
        expiry: None,
        hu: None,
    };
    Order {
        id: OrderId(7),
        number: "PO 7731".into(),
        direction: Direction::Inbound,
        kind: OrderKind::PurchaseOrder,
        party: PartyId(5),
        due: None,
        status: OrderStatus::Open,
        lines: vec![line(1, 10, None), line(2, 20, None), line(3, 5, Some("ANNOUNCED"))],
    }
}

fn progress(line: u32, received: i64) -> Progress {
    let lot = LotKey { item: ItemId(1), lot: None };
    Progress { order: OrderId(7), line, lot, serial: None, received, picked: 0, dispatched: 0, short: 0 }
}

fn today() -> Day {
    "2026-11-23".parse().unwrap()
}

/// What stops it, and whether a reason helps.
fn check(arrival: &Arrival<'_>, inbound: &Inbound<'_>, expected: &str) {
    let said = match receive(std::slice::from_ref(arrival), inbound, today(), None) {
        Ok(body) => format!("line {:?}", body.lines().first().and_then(|line| line.line)),
        Err(refusal) => {
            let helps =
                receive(std::slice::from_ref(arrival), inbound, today(), Some(Reason::Agreed)).is_ok();
            let name = format!("{refusal:?}");
            format!("{}{}", name.split([' ', '(']).next().unwrap_or_default(), if helps { "?" } else { "" })
        }
    };
    assert_eq!(said, expected);
}

#[test]
fn labels_must_say_what_the_item_needs() {
    let (lotted, serial) = (item(Tracking::Lot), item(Tracking::Serial));
    let blind = Inbound::default();
    check(&arrival(&lotted, Some(facts("A", None)), 5), &blind, "line None");
    check(&arrival(&lotted, None, 5), &blind, "LotMissing");
    check(&arrival(&serial, None, 1), &blind, "SerialMissing");
    check(&arrival(&lotted, Some(facts("A", None)), 0), &blind, "QuantityZero");
    let unit = Arrival { serial: Some("S".parse().unwrap()), ..arrival(&serial, None, 2) };
    check(&unit, &blind, "SerialIsOne");
}

#[test]
fn short_dated_and_contradicting_goods_need_a_reason_and_stopped_ones_quarantine() {
    let lotted = item(Tracking::Lot);
    let blind = Inbound::default();
    let dated = |expiry| arrival(&lotted, Some(facts("A", Some(expiry))), 5);
    check(&dated("2026-12-23"), &blind, "line None");
    check(&dated("2026-12-22"), &blind, "ShortDated?");
    check(&dated("2026-01-01"), &blind, "ShortDated?");
    let known = facts("A", Some("2027-01-31"));
    check(&Arrival { known: Some(&known), ..dated("2027-02-28") }, &blind, "DatesDiffer?");
    check(&Arrival { known: Some(&known), ..dated("2027-01-31") }, &blind, "line None");
    let old = facts("A", Some("2026-11-30"));
    let undated = Arrival { known: Some(&old), ..arrival(&lotted, Some(facts("A", None)), 5) };
    check(&undated, &blind, "ShortDated?");
    let held = Arrival { hold: Some(HoldKind::Recall), ..dated("2027-01-31") };
    check(&held, &blind, "OnHold");
    check(&Arrival { kind: LocationKind::Quarantine, ..held }, &blind, "line None");
}

#[test]
fn goods_count_against_the_order() {
    let lotted = item(Tracking::Lot);
    let order = order();
    let with = |lot: &str, units, rows: &[Progress], expected: &str| {
        let inbound = Inbound { order: Some(&order), progress: rows, ..Inbound::default() };
        check(&arrival(&lotted, Some(facts(lot, None)), units), &inbound, expected);
    };
    with("A", 10, &[], "line Some(1)");
    with("A", 10, &[progress(1, 10)], "line Some(2)");
    with("ANNOUNCED", 5, &[], "line Some(3)");
    with("A", 5, &[progress(1, 10), progress(2, 20)], "line Some(3)");
    with("A", 35, &[], "line Some(1)");
    with("A", 36, &[], "AboveOrdered?");
    with("A", 6, &[progress(1, 10), progress(2, 20)], "AboveOrdered?");
    let other = Item { id: ItemId(2), ..item(Tracking::None) };
    let inbound = Inbound { order: Some(&order), ..Inbound::default() };
    check(&arrival(&other, None, 1), &inbound, "AboveOrdered?");
    check(&arrival(&lotted, Some(facts("A", None)), 1), &Inbound { closed: true, ..inbound }, "OrderClosed");
}

#[test]
fn the_order_names_the_supplier() {
    let lotted = item(Tracking::Lot);
    let order = order();
    let inbound = Inbound { order: Some(&order), ..Inbound::default() };
    let same = || arrival(&lotted, Some(facts("A", None)), 2);
    let body = receive(&[same(), same()], &inbound, today(), None).unwrap();
    let Body::Receipt(receipt) = body else { panic!("{body:?}") };
    assert_eq!(
        (receipt.supplier, receipt.order, receipt.lines.len()),
        (Some(PartyId(5)), Some(OrderId(7)), 2)
    );
    assert_eq!(receipt.lots, [facts("A", None)], "a lot is named once");
}
