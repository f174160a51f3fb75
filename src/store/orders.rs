//! Orders and how far they are.

use super::row::{self, day, label, lot_key, name_of, signed};
use super::{Reader, StoreError};
use crate::domain::{Day, Direction, Order, OrderId, OrderStatus, Progress, Quantity};
use rusqlite::{OptionalExtension, Row};
use std::collections::BTreeMap;

/// An open order as a list shows it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OrderSummary {
    /// Its id.
    pub id: OrderId,
    /// Its number.
    pub number: String,
    /// The supplier's or customer's name; empty where the device has not been told.
    pub party: String,
    /// When it is due.
    pub due: Option<Day>,
    /// How many lines it has.
    pub lines: u32,
    /// Lines with nothing left to receive, or to pick.
    pub lines_done: u32,
}

impl Reader {
    /// An order as it stands here: one that this device or the ledger closed is closed.
    ///
    /// # Errors
    /// See [`StoreError`].
    pub fn order(&self, id: OrderId) -> Result<Option<Order>, StoreError> {
        let mut query = self.db.prepare_cached(include_str!("sql/order.sql"))?;
        Ok(query.query_row([id.0], order).optional()?)
    }

    /// The order with this number; an open one before others, a newer before an older one.
    ///
    /// # Errors
    /// See [`StoreError`].
    pub fn order_by_number(&self, number: &str) -> Result<Option<Order>, StoreError> {
        let mut found: Vec<Order> = self.rows(include_str!("sql/order_by_number.sql"), [number], order)?;
        let open = found.iter().position(|order| order.status == OrderStatus::Open).unwrap_or(0);
        Ok((open < found.len()).then(|| found.swap_remove(open)))
    }

    /// Open orders by due day and number, `limit` from `offset`.
    ///
    /// # Errors
    /// See [`StoreError`].
    pub fn open_orders(
        &self,
        direction: Direction,
        offset: u64,
        limit: u64,
    ) -> Result<Vec<OrderSummary>, StoreError> {
        let key = (name_of(&direction)?, signed(limit), signed(offset));
        let found = self.rows(include_str!("sql/orders_open.sql"), key, |row| {
            Ok((row::json::<Order>(row, 0)?, row.get::<_, String>(1)?, day(row, 2)?))
        })?;
        found.into_iter().map(|(order, party, due)| self.summary(order, party, due)).collect()
    }

    /// How many orders are open.
    ///
    /// # Errors
    /// See [`StoreError`].
    pub fn count_open_orders(&self, direction: Direction) -> Result<u64, StoreError> {
        let mut query = self.db.prepare_cached(include_str!("sql/orders_open_count.sql"))?;
        Ok(query.query_row([name_of(&direction)?], |row| row::unsigned(row, 0))?)
    }

    /// How far an order is, for each line, lot and unit.
    ///
    /// # Errors
    /// See [`StoreError`].
    pub fn progress(&self, order: OrderId) -> Result<Vec<Progress>, StoreError> {
        self.rows(include_str!("sql/progress_of_order.sql"), [order.0], |row| {
            Ok(Progress {
                order,
                line: row.get(0)?,
                lot: lot_key(row, 1, 2)?,
                serial: label(row, 3)?,
                received: row.get(4)?,
                picked: row.get(5)?,
                dispatched: row.get(6)?,
                short: row.get(7)?,
            })
        })
    }

    fn summary(&self, order: Order, party: String, due: Option<Day>) -> Result<OrderSummary, StoreError> {
        let mut done = BTreeMap::<u32, i64>::new();
        for row in self.progress(order.id)? {
            let units = match order.direction {
                Direction::Inbound => row.received,
                Direction::Outbound => row.picked.saturating_add(row.short),
            };
            *done.entry(row.line).or_default() += units;
        }
        let is_done = |line: u32, quantity: Quantity| done.get(&line).is_some_and(|d| *d >= quantity.units());
        let lines_done = order.lines.iter().filter(|line| is_done(line.line, line.quantity)).count();
        Ok(OrderSummary {
            id: order.id,
            number: order.number,
            party,
            due,
            lines: u32::try_from(order.lines.len()).unwrap_or(u32::MAX),
            lines_done: u32::try_from(lines_done).unwrap_or(u32::MAX),
        })
    }
}

/// Columns: record, closed by an event.
fn order(row: &Row<'_>) -> rusqlite::Result<Order> {
    let mut order: Order = row::json(row, 0)?;
    if row.get(1)? && order.status == OrderStatus::Open {
        order.status = OrderStatus::Closed;
    }
    Ok(order)
}
