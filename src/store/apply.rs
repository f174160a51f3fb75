//! One event's effects on the projections. What they are is said by [`effects`]; here they only become rows.

use super::row::{LAST, hu_text, lot_text, serial_text};
use super::{StoreError, holds, lots, trace, undo};
use crate::domain::{Body, Destination, Event, HoldState, OrderId, Origin, Quantity, StockKey, Timestamp};
use crate::ledger::{Effect, Stage, effects};
use rusqlite::{Connection, OptionalExtension};

/// What happens to an event's effects.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Change {
    /// This device confirmed it: it is pending.
    Confirm,
    /// This device's event came back with effect: pending becomes base.
    Settle,
    /// This device's event came back without effect: it is pending no more.
    Void,
    /// This device's event is in the base already (a snapshot brought it): it is pending no more.
    Absorb,
    /// Another device's event came: base.
    Receive,
}

impl Change {
    /// By how much the base changes for each unit of an effect.
    fn base(self) -> i64 {
        i64::from(matches!(self, Self::Settle | Self::Receive))
    }

    /// By how much the pending part changes for each unit of an effect.
    fn pending(self) -> i64 {
        match self {
            Self::Confirm => 1,
            Self::Settle | Self::Void | Self::Absorb => -1,
            Self::Receive => 0,
        }
    }

    pub(super) fn is_base(self) -> bool {
        self.base() == 1
    }
}

/// Where a lot's stock sorts by the first-expiry rule.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct SortKey {
    pub(super) expiry: i64,
    pub(super) best_before: i64,
    pub(super) produced: i64,
    pub(super) received: i64,
}

impl SortKey {
    /// Of a lot that nobody has read a label of.
    pub(super) const UNKNOWN: Self = Self { expiry: 0, best_before: 0, produced: 0, received: LAST };
}

/// Applies every effect of `event`.
pub(super) fn apply(db: &Connection, event: &Event, change: Change) -> Result<(), StoreError> {
    match &event.body {
        Body::Undo(undo) => match undo::counts(db, event, undo.event, change)? {
            Some(change) => apply_all(db, event, change),
            None => Ok(()),
        },
        _ => apply_all(db, event, change),
    }
}

/// Applies every effect of an event that is known to count.
pub(super) fn apply_all(db: &Connection, event: &Event, change: Change) -> Result<(), StoreError> {
    let at = event.corrected_at();
    for effect in effects(event) {
        apply_one(db, event, &effect, change, at)?;
    }
    Ok(())
}

/// The effects that the control stream carries ahead of the ledger.
pub(super) fn apply_control(db: &Connection, event: &Event) -> Result<(), StoreError> {
    let at = event.corrected_at();
    for effect in effects(event) {
        if matches!(effect, Effect::Hold(_) | Effect::Release { .. }) {
            apply_one(db, event, &effect, Change::Receive, at)?;
        }
    }
    Ok(())
}

fn apply_one(
    db: &Connection,
    event: &Event,
    effect: &Effect<'_>,
    change: Change,
    at: Timestamp,
) -> Result<(), StoreError> {
    match effect {
        Effect::Stock { key, delta } => stock(db, key, *delta, change, at),
        Effect::Lot { facts, received } => lots::learn(db, event.id, facts, *received, change),
        Effect::Origin { lot, supplier, order, quantity } => {
            let (lot, supplier, order) = (lot.clone(), *supplier, *order);
            let from = Origin { lot, event: event.id, supplier, order, quantity: *quantity, at };
            trace::change_origin(db, &from, change)
        }
        Effect::Destination { lot, serial, order, line, customer, quantity } => {
            let (lot, serial, order, line, customer) =
                (lot.clone(), serial.clone(), *order, *line, *customer);
            let quantity = *quantity;
            let to = Destination { lot, event: event.id, serial, line, order, customer, quantity, at };
            trace::change_destination(db, &to, change)
        }
        Effect::Progress { .. } => progress(db, effect, change),
        Effect::Hold(hold) => {
            let state = HoldState {
                id: event.id,
                hold: (*hold).clone(),
                operator: event.operator,
                at,
                released: false,
            };
            holds::place(db, &state, change)
        }
        Effect::Release { hold, .. } => holds::release(db, event.id, *hold, change),
        Effect::Closed { order, closed } => close(db, *order, *closed, change),
        // See `undo`.
        Effect::Undone { .. } => Ok(()),
    }
}

/// The walk of a location, last where it is not known yet.
fn walk(db: &Connection, key: &StockKey) -> Result<i64, StoreError> {
    let mut query = db.prepare_cached("SELECT walk FROM location WHERE id = ?1")?;
    let found = query.query_row([key.place.location.0], |row| row.get(0)).optional()?;
    Ok(found.unwrap_or(LAST))
}

fn stock(
    db: &Connection,
    key: &StockKey,
    delta: Quantity,
    change: Change,
    at: Timestamp,
) -> Result<(), StoreError> {
    let (base, pending) = (change.base() * delta.units(), change.pending() * delta.units());
    add_stock(db, key, base, pending, at)
}

/// Adds to a balance. Balances of virtual places are not kept: they are the other side of the real ones.
pub(super) fn add_stock(
    db: &Connection,
    key: &StockKey,
    base: i64,
    pending: i64,
    at: Timestamp,
) -> Result<(), StoreError> {
    if key.place.location.is_virtual() {
        return Ok(());
    }
    let lot = lot_text(key.lot.as_ref());
    let sort = lots::sort_key(db, key.item, lot)?;
    let walk = walk(db, key)?;
    let hu = hu_text(key.place.hu.as_ref());
    let serial = serial_text(key.serial.as_ref());
    let (SortKey { expiry, best_before, produced, received }, location) = (sort, key.place.location.0);
    let empty: bool = db.prepare_cached(include_str!("sql/stock_add.sql"))?.query_row(
        rusqlite::params![
            key.item.0,
            expiry,
            best_before,
            produced,
            received,
            walk,
            lot,
            location,
            hu,
            serial,
            base,
            pending,
            at.0
        ],
        |row| row.get(0),
    )?;
    if empty {
        db.prepare_cached(include_str!("sql/stock_forget.sql"))?.execute(rusqlite::params![
            key.item.0,
            expiry,
            best_before,
            produced,
            received,
            walk,
            lot,
            location,
            hu,
            serial
        ])?;
        db.prepare_cached(include_str!("sql/vacant_add.sql"))?.execute([location])?;
    } else {
        db.prepare_cached("DELETE FROM vacant WHERE location = ?1")?.execute([location])?;
    }
    Ok(())
}

/// The number of a stage in the progress table.
pub(super) fn stage_number(stage: Stage) -> i64 {
    match stage {
        Stage::Received => 0,
        Stage::Picked => 1,
        Stage::Dispatched => 2,
        Stage::Short => 3,
    }
}

fn progress(db: &Connection, effect: &Effect<'_>, change: Change) -> Result<(), StoreError> {
    let Effect::Progress { order, line, lot, serial, stage, quantity } = effect else { return Ok(()) };
    let key = (order.0, line, lot.item.0, lot_text(lot.lot.as_ref()), serial_text(serial.as_ref()));
    let stage = stage_number(*stage);
    let (base, pending) = (change.base() * quantity.units(), change.pending() * quantity.units());
    let empty: bool = db
        .prepare_cached(include_str!("sql/progress_add.sql"))?
        .query_row((key.0, key.1, key.2, key.3, key.4, stage, base, pending), |row| row.get(0))?;
    if empty {
        db.prepare_cached(include_str!("sql/progress_forget.sql"))?
            .execute((key.0, key.1, key.2, key.3, key.4, stage))?;
    }
    Ok(())
}

fn close(db: &Connection, order: OrderId, closed: bool, change: Change) -> Result<(), StoreError> {
    let sign = if closed { 1 } else { -1 };
    let row = (order.0, change.base() * sign, change.pending() * sign);
    db.prepare_cached(include_str!("sql/order_close.sql"))?.execute(row)?;
    Ok(())
}
