//! Orders and how far their lines are.

use super::PAGE_ROWS_MAX;
use crate::domain::{
    Direction, ItemId, LotNumber, MasterRecord, Order, OrderId, OrderStatus, SerialNumber, SiteId,
};
use crate::server::storage::tx::{Kind, Many, Tx, values};
use crate::server::storage::{Storage, StorageError};
use std::collections::BTreeMap;

static SUMS: Many = Many::new(include_str!("../sql/console_order_sums.sql"), &[("order_id", Kind::Int)]);

/// An order and how far it is.
#[derive(Debug, Clone)]
pub struct OrderRow {
    /// The order.
    pub order: Order,
    /// True once the floor has closed it.
    pub closed: bool,
    /// Base units received, picked, dispatched and short.
    pub done: [i64; 4],
}

/// What counts against a line of an order.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LineProgress {
    /// The line; 0 for what was not ordered.
    pub line: u32,
    /// The item.
    pub item: ItemId,
    /// The lot.
    pub lot: Option<LotNumber>,
    /// The unit.
    pub serial: Option<SerialNumber>,
    /// Base units received, picked, dispatched and short.
    pub done: [i64; 4],
}

impl Storage {
    /// The newest orders of one direction before one of them, those that are open first, and where they go on.
    ///
    /// # Errors
    /// [`StorageError`] where the database cannot be read.
    pub async fn orders(
        &self,
        site: SiteId,
        direction: Direction,
        before: Option<OrderId>,
    ) -> Result<(Vec<OrderRow>, Option<OrderId>), StorageError> {
        self.read((site, direction, before), |input, tx| Box::pin(orders(input, tx))).await
    }

    /// One order with what counts against each of its lines; `None` where there is none.
    ///
    /// # Errors
    /// [`StorageError`] where the database cannot be read.
    pub async fn order(
        &self,
        site: SiteId,
        id: OrderId,
    ) -> Result<Option<(OrderRow, Vec<LineProgress>)>, StorageError> {
        self.read((site, id), |input, tx| Box::pin(order(input, tx))).await
    }
}

async fn orders(
    (site, direction, before): &(SiteId, Direction, Option<OrderId>),
    tx: &mut dyn Tx,
) -> Result<(Vec<OrderRow>, Option<OrderId>), StorageError> {
    let mut before = before.map_or(i64::MAX, |id| id.0);
    let mut found = Vec::new();
    // Both directions share the numbers: what is read may hold few of the wanted one.
    while found.len() < PAGE_ROWS_MAX {
        let params = values![site.0, before, PAGE_ROWS_MAX as u64];
        let rows = tx.rows(include_str!("../sql/console_orders_before.sql"), &params).await?;
        let all = rows.len() < PAGE_ROWS_MAX;
        for mut row in rows {
            if let MasterRecord::Order(order) = row.json("record")? {
                before = order.id.0;
                if order.direction == *direction && found.len() < PAGE_ROWS_MAX {
                    found.push(order);
                }
            }
        }
        if all {
            break;
        }
    }
    let next = found.last().filter(|_| found.len() == PAGE_ROWS_MAX).map(|order| order.id);
    let mut rows = with_progress(*site, found, tx).await?;
    let is_open = |row: &OrderRow| !row.closed && row.order.status == OrderStatus::Open;
    rows.sort_by_key(|row| (!is_open(row), row.order.due));
    Ok((rows, next))
}

async fn with_progress(
    site: SiteId,
    orders: Vec<Order>,
    tx: &mut dyn Tx,
) -> Result<Vec<OrderRow>, StorageError> {
    let keys: Vec<_> = orders.iter().map(|order| values![order.id.0].to_vec()).collect();
    let mut sums = BTreeMap::new();
    for mut row in tx.find(&SUMS, site.0, &keys).await? {
        let id = OrderId(row.int()?);
        let done = [row.int()?, row.int()?, row.int()?, row.int()?];
        sums.insert(id, (done, row.int()? > 0));
    }
    let row = |order: Order| {
        let (done, closed) = sums.get(&order.id).copied().unwrap_or_default();
        OrderRow { closed: closed || order.status == OrderStatus::Closed, order, done }
    };
    Ok(orders.into_iter().map(row).collect())
}

async fn order(
    (site, id): &(SiteId, OrderId),
    tx: &mut dyn Tx,
) -> Result<Option<(OrderRow, Vec<LineProgress>)>, StorageError> {
    let sql = include_str!("../sql/console_record.sql");
    let Some(mut row) = tx.row(sql, &values![site.0, "order", id.0]).await? else { return Ok(None) };
    let MasterRecord::Order(found) = row.json("record")? else { return Ok(None) };
    let Some(row) = with_progress(*site, vec![found], tx).await?.pop() else { return Ok(None) };
    let mut lines = Vec::new();
    for mut line in tx.rows(include_str!("../sql/console_progress.sql"), &values![site.0, id.0]).await? {
        lines.push(LineProgress {
            line: line.small()?,
            item: ItemId(line.int()?),
            lot: line.label(LotNumber::new)?,
            serial: line.label(SerialNumber::new)?,
            done: [line.int()?, line.int()?, line.int()?, line.int()?],
        });
    }
    Ok(Some((row, lines)))
}
