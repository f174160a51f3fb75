//! Inbound and outbound orders: a line for each order line. A file replaces the orders that it names, as the system
//! that owns them would send them again.

use super::line::{Line, grouped, same_as_first};
use super::parties;
use super::table::{Row, Table};
use super::{Directory, Plan, Problem};
use crate::domain::{
    Direction, Item, MasterRecord, Order, OrderKind, OrderLine, OrderStatus, PartyKind, Quantity,
};
use std::collections::BTreeSet;

/// Largest line number.
const LINE_MAX: i64 = 999_999;

const KINDS: &[(&str, OrderKind)] = &[
    ("purchase_order", OrderKind::PurchaseOrder),
    ("shipping_notice", OrderKind::ShippingNotice),
    ("po", OrderKind::PurchaseOrder),
    ("asn", OrderKind::ShippingNotice),
];

const STATES: &[(&str, OrderStatus)] = &[
    ("open", OrderStatus::Open),
    ("cancelled", OrderStatus::Cancelled),
    ("canceled", OrderStatus::Cancelled),
];

/// Cells of the order that its lines repeat.
const OWN: &[&str] = &["supplier", "customer", "kind", "due", "status"];

pub(super) fn plan(
    table: &Table,
    directory: &mut Directory,
    direction: Direction,
    problems: &mut Vec<Problem>,
) -> Plan {
    let mut plan = Plan::default();
    for (number, rows) in grouped(table, "order", problems) {
        let before = directory.orders.get(&(direction, number.to_owned())).cloned();
        let after = order(number, &rows, before.as_ref(), table, directory, direction, problems);
        if let Some(after) = after {
            plan.take(before.map(MasterRecord::Order).as_ref(), MasterRecord::Order(after));
        }
    }
    plan
}

fn order(
    number: &str,
    rows: &[&Row],
    before: Option<&Order>,
    table: &Table,
    directory: &mut Directory,
    direction: Direction,
    problems: &mut Vec<Problem>,
) -> Option<Order> {
    let first = *rows.first()?;
    let party_kind = match direction {
        Direction::Inbound => PartyKind::Supplier,
        Direction::Outbound => PartyKind::Customer,
    };
    let column = parties::column(party_kind);
    let mut line = Line::new(table, first, problems);
    if before.is_some_and(|order| order.status == OrderStatus::Closed) {
        return line.wrong("order", "this order is closed already; goods that come later need a new number");
    }
    let party = line.text(column).and_then(|code| match directory.party(party_kind, code) {
        Some(party) => Some(party.id),
        None => line.wrong(column, &format!("no such {column}; import the {column}s first")),
    });
    let kind = match direction {
        Direction::Inbound => line.or_before("kind", before.map(|order| order.kind), |line| {
            line.word("kind", OrderKind::PurchaseOrder, KINDS)
        }),
        Direction::Outbound => Some(OrderKind::SalesOrder),
    };
    let due = line.or_before("due", before.map(|order| order.due), |line| line.day("due"));
    let status = line.or_before("status", before.map(|order| order.status), |line| {
        line.word("status", OrderStatus::Open, STATES)
    });
    let mut lines = Vec::new();
    let mut numbers = BTreeSet::new();
    for (row, turn) in rows.iter().zip(1_i64..) {
        let mut line = Line::new(table, row, problems);
        same_as_first(&mut line, first, OWN, false);
        let Some(found) = order_line(&mut line, turn, directory) else { continue };
        if numbers.insert(found.line) {
            lines.push(found);
        } else {
            line.wrong::<()>("line", "the order has this line number twice");
        }
    }
    lines.sort_by_key(|line| line.line);
    let id = before.map_or_else(|| directory.next_order(), |order| order.id);
    Some(Order {
        id,
        number: number.to_owned(),
        direction,
        kind: kind?,
        party: party?,
        due: due?,
        status: status?,
        lines,
    })
}

fn order_line(line: &mut Line<'_, '_>, turn: i64, directory: &Directory) -> Option<OrderLine> {
    let number = line.whole("line", turn, 1, LINE_MAX);
    let item = known_item(line, directory);
    let quantity = item.and_then(|item| counted(line, item));
    let lot = line.label("lot");
    let expiry = line.day("expiry");
    let hu = line.label("hu");
    if let Some(item) = item
        && line.says("lot")
        && !item.tracking.needs_lot()
    {
        return line.wrong("lot", "this item has no lots");
    }
    Some(OrderLine {
        line: u32::try_from(number?).ok()?,
        item: item?.id,
        quantity: quantity?,
        lot: lot?,
        expiry: expiry?,
        hu: hu?,
    })
}

/// The item of a line, which must be known and in use.
pub(super) fn known_item<'a>(line: &mut Line<'_, '_>, directory: &'a Directory) -> Option<&'a Item> {
    let code = line.text("item")?;
    match directory.items.get(code) {
        Some(item) if item.active => Some(item),
        Some(_) => line.wrong("item", "this item is no longer traded; import it as active first"),
        None => line.wrong("item", "no such item; import the items first"),
    }
}

/// The quantity in base units: as written, or so many packs of the GTIN that the line names.
pub(super) fn counted(line: &mut Line<'_, '_>, item: &Item) -> Option<Quantity> {
    let quantity = line.quantity("quantity")?;
    let Some(gtin) = line.gtin("gtin")? else { return Some(quantity) };
    let Some(pack) = item.pack(gtin) else {
        return line.wrong("gtin", "this GTIN is not one of the item's packs");
    };
    match pack.units.checked_mul(quantity.units()) {
        Some(units) => Some(units),
        None => line.wrong("quantity", "so many packs are more than one line can hold"),
    }
}
