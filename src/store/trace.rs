//! A lot's way back to its supplier and forward to its customers.

use super::row::{label, lot_key, lot_text, uuid};
use super::{Reader, StoreError};
use crate::domain::{Destination, EventId, LotKey, OrderId, Origin, PartyId, Quantity, Timestamp};
use rusqlite::{Params, Row};

impl Reader {
    /// Where a lot came from, oldest first.
    ///
    /// # Errors
    /// See [`StoreError`].
    pub fn origins(&self, key: &LotKey) -> Result<Vec<Origin>, StoreError> {
        let sql = include_str!("sql/origins_of_lot.sql");
        self.rows(sql, (key.item.0, lot_text(key.lot.as_ref())), origin)
    }

    /// Where a lot went, oldest first.
    ///
    /// # Errors
    /// See [`StoreError`].
    pub fn destinations(&self, key: &LotKey) -> Result<Vec<Destination>, StoreError> {
        let sql = include_str!("sql/destinations_of_lot.sql");
        self.rows(sql, (key.item.0, lot_text(key.lot.as_ref())), destination)
    }

    /// What left with an outbound order, oldest first.
    ///
    /// # Errors
    /// See [`StoreError`].
    pub fn destinations_of_order(&self, order: OrderId) -> Result<Vec<Destination>, StoreError> {
        self.rows(include_str!("sql/destinations_of_order.sql"), [order.0], destination)
    }

    /// Every row of a prepared query.
    pub(super) fn rows<T>(
        &self,
        sql: &str,
        params: impl Params,
        read: impl FnMut(&Row<'_>) -> rusqlite::Result<T>,
    ) -> Result<Vec<T>, StoreError> {
        let mut query = self.db.prepare_cached(sql)?;
        let rows = query.query_map(params, read)?;
        Ok(rows.collect::<Result<_, _>>()?)
    }
}

/// Columns: item, lot, event, supplier, order, quantity, at.
fn origin(row: &Row<'_>) -> rusqlite::Result<Origin> {
    Ok(Origin {
        lot: lot_key(row, 0, 1)?,
        event: EventId(uuid(row, 2)?),
        supplier: row.get::<_, Option<i64>>(3)?.map(PartyId),
        order: row.get::<_, Option<i64>>(4)?.map(OrderId),
        quantity: Quantity::balance(row.get(5)?),
        at: Timestamp(row.get(6)?),
    })
}

/// Columns: item, lot, serial, event, order, line, customer, quantity, at.
fn destination(row: &Row<'_>) -> rusqlite::Result<Destination> {
    Ok(Destination {
        lot: lot_key(row, 0, 1)?,
        serial: label(row, 2)?,
        event: EventId(uuid(row, 3)?),
        order: OrderId(row.get(4)?),
        line: row.get(5)?,
        customer: PartyId(row.get(6)?),
        quantity: Quantity::balance(row.get(7)?),
        at: Timestamp(row.get(8)?),
    })
}
