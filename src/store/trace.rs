//! A lot's way back to its supplier and forward to its customers.

use super::apply::Change;
use super::row::{label, lot_key, lot_text, serial_text, uuid};
use super::{Reader, StoreError};
use crate::domain::{Destination, EventId, LotKey, OrderId, Origin, PartyId, Quantity, Timestamp};
use rusqlite::{Connection, Params, Row};

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

/// The row of an origin as an event's fate changes it.
pub(super) fn change_origin(db: &Connection, from: &Origin, change: Change) -> Result<(), StoreError> {
    let (settle, retract) = (include_str!("sql/origin_settle.sql"), include_str!("sql/origin_retract.sql"));
    match change {
        Change::Confirm | Change::Receive => add_origin(db, from, change.is_base()),
        Change::Settle => take(db, settle, &from.lot, from.event),
        Change::Void | Change::Absorb => take(db, retract, &from.lot, from.event),
    }
}

/// As [`change_origin`].
pub(super) fn change_destination(
    db: &Connection,
    to: &Destination,
    change: Change,
) -> Result<(), StoreError> {
    let (settle, retract) =
        (include_str!("sql/destination_settle.sql"), include_str!("sql/destination_retract.sql"));
    match change {
        Change::Confirm | Change::Receive => add_destination(db, to, change.is_base()),
        Change::Settle => take(db, settle, &to.lot, to.event),
        Change::Void | Change::Absorb => take(db, retract, &to.lot, to.event),
    }
}

/// A statement about the rows of one event and lot.
fn take(db: &Connection, sql: &str, lot: &LotKey, event: EventId) -> Result<(), StoreError> {
    db.prepare_cached(sql)?.execute((lot.item.0, lot_text(lot.lot.as_ref()), event.0.as_bytes()))?;
    Ok(())
}

pub(super) fn add_origin(db: &Connection, from: &Origin, settled: bool) -> Result<(), StoreError> {
    db.prepare_cached(include_str!("sql/origin_add.sql"))?.execute((
        from.lot.item.0,
        lot_text(from.lot.lot.as_ref()),
        from.event.0.as_bytes(),
        from.supplier.map(|id| id.0),
        from.order.map(|id| id.0),
        from.quantity.units(),
        from.at.0,
        settled,
    ))?;
    Ok(())
}

pub(super) fn add_destination(db: &Connection, to: &Destination, settled: bool) -> Result<(), StoreError> {
    db.prepare_cached(include_str!("sql/destination_add.sql"))?.execute((
        to.lot.item.0,
        lot_text(to.lot.lot.as_ref()),
        serial_text(to.serial.as_ref()),
        to.event.0.as_bytes(),
        to.order.0,
        to.line,
        to.customer.0,
        to.quantity.units(),
        to.at.0,
        settled,
    ))?;
    Ok(())
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
