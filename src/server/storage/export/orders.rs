//! How far orders are: what was ordered, and what counts against it by lot and serial number.
//!
//! A line that nothing counts against yet is a row too, and so is what came without being ordered (line 0). An order
//! with more rows than a page has goes on in the next one.

use super::super::StorageError;
use super::super::console::{Names, Wanted, read_names};
use super::super::tx::{Row, Tx, values};
use super::stock::{item_code, unit};
use super::trace::party_code;
use super::{Found, List};
use crate::domain::{
    Day, Direction, ItemId, LotNumber, MasterRecord, Order, OrderKind, OrderStatus, SerialNumber, SiteId,
    Unit,
};
use async_trait::async_trait;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// Orders that are looked at for one page; where few of them fit, a page may be short or empty.
const ORDERS_MAX: usize = 500;

/// Orders of a direction, a state, a number, or all of them.
#[derive(Debug, Clone, Default)]
pub struct OrderList {
    /// Only of this direction.
    pub direction: Option<Direction>,
    /// Only in this state.
    pub status: Option<OrderStatus>,
    /// Only of this number.
    pub number: Option<String>,
}

/// What counts against one line of an order, of one lot and serial number.
#[derive(Debug, Clone, Serialize, ToSchema)]
#[schema(as = OrderLine)]
pub struct OrderLineRow {
    /// The order's number.
    pub order: String,
    /// `inbound` or `outbound`.
    pub direction: &'static str,
    /// `purchase_order`, `shipping_notice` or `sales_order`.
    pub kind: &'static str,
    /// `open`, `closed` or `cancelled`.
    pub status: &'static str,
    /// The supplier's or customer's number.
    pub party: String,
    /// Its name.
    pub party_name: String,
    /// When the order is due.
    #[schema(value_type = Option<String>, format = Date)]
    pub due: Option<Day>,
    /// The line's number; 0 for what was not ordered.
    pub line: u32,
    /// The item's code.
    pub item: String,
    /// The item's name.
    pub item_name: String,
    /// The base unit that quantities are in: `each` or `gram`.
    pub unit: &'static str,
    /// Base units ordered on this line, the same in each of its rows; 0 for what was not ordered.
    pub ordered: i64,
    /// The lot that counts against the line.
    pub lot: Option<String>,
    /// The unit that counts against the line.
    pub serial: Option<String>,
    /// Base units received.
    pub received: i64,
    /// Base units picked.
    pub picked: i64,
    /// Base units dispatched, less what came back.
    pub dispatched: i64,
    /// Base units that could not be found.
    pub short: i64,
}

/// Where a row stands: by order, line, item, lot, serial. An item of `i64::MAX` is the end of a line.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct OrderCursor(i64, u32, i64, String, String);

/// A row before names are known.
struct Counted {
    line: u32,
    item: ItemId,
    lot: Option<LotNumber>,
    serial: Option<SerialNumber>,
    done: [i64; 4],
    /// True for an ordered line that nothing counts against.
    is_blank: bool,
}

#[async_trait]
impl List for OrderList {
    type Row = OrderLineRow;
    type Cursor = OrderCursor;

    async fn page(
        &self,
        site: SiteId,
        after: Option<&OrderCursor>,
        limit: usize,
        tx: &mut dyn Tx,
    ) -> Result<Found<Self>, StorageError> {
        // The order that the last page ended in is looked at again: it may go on.
        let from = after.map_or(0, |after| after.0.saturating_sub(1));
        let orders = self.orders(site, from, tx).await?;
        let mut next =
            (orders.len() == ORDERS_MAX).then(|| ended(orders.last().map_or(0, |found| found.0.id.0)));
        let mut rows = Vec::new();
        for (order, closed) in orders.into_iter().filter(|(order, closed)| self.fits(order, *closed)) {
            let seen = after.filter(|after| after.0 == order.id.0);
            let room = limit - rows.len();
            let counted = counted(site, &order, seen, room, tx).await?;
            let full = counted.len() > room;
            let last = counted.get(room.saturating_sub(1)).map(|row| place(&order, row));
            rows.extend(counted.into_iter().take(room).map(|row| (order.clone(), closed, row)));
            if full || rows.len() == limit {
                next = last.or(next);
                break;
            }
        }
        let mut wanted = Wanted::default();
        for (order, _, row) in &rows {
            wanted.party(order.party);
            wanted.item(row.item);
        }
        let names = read_names(&(site, wanted), tx).await?;
        Ok(Found {
            rows: rows.into_iter().map(|(order, closed, row)| line(&order, closed, row, &names)).collect(),
            next,
        })
    }
}

impl OrderList {
    fn fits(&self, order: &Order, closed: bool) -> bool {
        self.direction.is_none_or(|direction| direction == order.direction)
            && self.status.is_none_or(|status| status == state(order, closed))
    }

    /// The next orders behind an id, each with true where the floor has closed it.
    async fn orders(
        &self,
        site: SiteId,
        from: i64,
        tx: &mut dyn Tx,
    ) -> Result<Vec<(Order, bool)>, StorageError> {
        let all = values![site.0, from, ORDERS_MAX as u64];
        let rows = match &self.number {
            None => tx.rows(include_str!("../sql/export_orders.sql"), &all).await?,
            Some(number) => {
                let params = [&all[..], &values![number.as_str()]].concat();
                tx.rows(include_str!("../sql/export_orders_named.sql"), &params).await?
            }
        };
        let mut orders = Vec::new();
        for mut row in rows {
            row.int()?;
            if let MasterRecord::Order(order) = row.json("record")? {
                orders.push((order, row.int()? > 0));
            }
        }
        Ok(orders)
    }
}

/// What counts against an order behind a place, at least one row more than `room` where there are more.
async fn counted(
    site: SiteId,
    order: &Order,
    seen: Option<&OrderCursor>,
    room: usize,
    tx: &mut dyn Tx,
) -> Result<Vec<Counted>, StorageError> {
    let first = OrderCursor(order.id.0, 0, 0, String::new(), String::new());
    let OrderCursor(_, line, item, lot, serial) = seen.unwrap_or(&first);
    let params = values![site.0, order.id.0, *line, *item, lot.as_str(), serial.as_str(), room as u64 + 1];
    let rows = tx.rows(include_str!("../sql/export_progress.sql"), &params).await?;
    let mut rows = rows.into_iter().map(read).collect::<Result<Vec<_>, _>>()?;
    // Of lines behind the last row read, nothing is known yet.
    let known = if rows.len() > room { rows.last().map_or(0, |row| row.line) } else { u32::MAX };
    for ordered in &order.lines {
        let is_due = seen.is_none_or(|seen| ordered.line > seen.1) && ordered.line <= known;
        if is_due && !rows.iter().any(|row| row.line == ordered.line) {
            let (line, item) = (ordered.line, ordered.item);
            rows.push(Counted { line, item, lot: None, serial: None, done: [0; 4], is_blank: true });
        }
    }
    rows.sort_by_key(|row| row.line);
    Ok(rows)
}

fn read(mut row: Row) -> Result<Counted, StorageError> {
    Ok(Counted {
        line: row.small()?,
        item: ItemId(row.int()?),
        lot: row.label(LotNumber::new)?,
        serial: row.label(SerialNumber::new)?,
        done: [row.int()?, row.int()?, row.int()?, row.int()?],
        is_blank: false,
    })
}

fn place(order: &Order, row: &Counted) -> OrderCursor {
    let text = |label: Option<&str>| label.unwrap_or_default().to_owned();
    let item = if row.is_blank { i64::MAX } else { row.item.0 };
    let (lot, serial) =
        (row.lot.as_ref().map(LotNumber::as_str), row.serial.as_ref().map(SerialNumber::as_str));
    OrderCursor(order.id.0, row.line, item, text(lot), text(serial))
}

/// Behind the last row of an order.
fn ended(order: i64) -> OrderCursor {
    OrderCursor(order, u32::MAX, i64::MAX, String::new(), String::new())
}

fn state(order: &Order, closed: bool) -> OrderStatus {
    match order.status {
        OrderStatus::Open if closed => OrderStatus::Closed,
        status => status,
    }
}

fn line(order: &Order, closed: bool, row: Counted, names: &Names) -> OrderLineRow {
    let ordered = order.lines.iter().find(|line| line.line == row.line);
    let [received, picked, dispatched, short] = row.done;
    OrderLineRow {
        order: order.number.clone(),
        direction: match order.direction {
            Direction::Inbound => "inbound",
            Direction::Outbound => "outbound",
        },
        kind: match order.kind {
            OrderKind::PurchaseOrder => "purchase_order",
            OrderKind::ShippingNotice => "shipping_notice",
            OrderKind::SalesOrder => "sales_order",
        },
        status: match state(order, closed) {
            OrderStatus::Open => "open",
            OrderStatus::Closed => "closed",
            OrderStatus::Cancelled => "cancelled",
        },
        party: party_code(names, order.party),
        party_name: names.party(order.party),
        due: order.due,
        line: row.line,
        item: item_code(names, row.item),
        item_name: names.item_name(row.item),
        unit: unit(names.item(row.item).map_or(Unit::Each, |item| item.unit)),
        ordered: ordered.map_or(0, |line| line.quantity.units()),
        lot: row.lot.map(|lot| lot.to_string()),
        serial: row.serial.map(|serial| serial.to_string()),
        received,
        picked,
        dispatched,
        short,
    }
}
