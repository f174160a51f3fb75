//! What is where: balances, and stock in the order of the first-expiry rule.

use super::row::{self, hu_text, keyed_day, label, lot_key, lot_text, serial_text, signed};
use super::{Reader, StoreError, lots};
use crate::domain::{
    Day, HuCode, ItemId, Location, LocationId, LocationKind, LotKey, Place, Quantity, SerialNumber, StockKey,
    Timestamp,
};
use crate::ledger::Candidate;
use rusqlite::{OptionalExtension, Row, params};
use std::ops::ControlFlow;

/// A balance other than zero at a real location.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StockRow {
    /// What and where.
    pub key: StockKey,
    /// Base units shown: the server's and what is pending here.
    pub quantity: Quantity,
    /// Corrected time of the last change.
    pub since: Timestamp,
    /// The lot's expiry, where known.
    pub expiry: Option<Day>,
    /// The lot's best-before date, where known.
    pub best_before: Option<Day>,
}

impl Reader {
    /// One balance; zero where there is none, and for virtual places, which this device does not keep.
    ///
    /// # Errors
    /// See [`StoreError`].
    pub fn balance(&self, key: &StockKey) -> Result<Quantity, StoreError> {
        let lot = lot_text(key.lot.as_ref());
        let sort = lots::sort_key(&self.db, key.item, lot)?;
        let mut query = self.db.prepare_cached(include_str!("sql/stock_balance.sql"))?;
        let (hu, serial) = (hu_text(key.place.hu.as_ref()), serial_text(key.serial.as_ref()));
        let units = query
            .query_row(
                params![
                    key.item.0,
                    sort.expiry,
                    sort.best_before,
                    sort.produced,
                    sort.received,
                    lot,
                    key.place.location.0,
                    hu,
                    serial
                ],
                |row| row.get(0),
            )
            .optional()?;
        Ok(Quantity::balance(units.unwrap_or(0)))
    }

    /// A lot's balances in walk order.
    ///
    /// # Errors
    /// See [`StoreError`].
    pub fn stock_of_lot(&self, key: &LotKey) -> Result<Vec<StockRow>, StoreError> {
        let lot = lot_text(key.lot.as_ref());
        let sort = lots::sort_key(&self.db, key.item, lot)?;
        let mut query = self.db.prepare_cached(include_str!("sql/stock_of_lot.sql"))?;
        let key = (key.item.0, sort.expiry, sort.best_before, sort.produced, sort.received, lot);
        let rows = query.query_map(key, stock_row)?;
        Ok(rows.collect::<Result<_, _>>()?)
    }

    /// What is at a location, `limit` rows from `offset`.
    ///
    /// # Errors
    /// See [`StoreError`].
    pub fn stock_at(
        &self,
        location: LocationId,
        offset: u64,
        limit: u64,
    ) -> Result<Vec<StockRow>, StoreError> {
        let mut query = self.db.prepare_cached(include_str!("sql/stock_at.sql"))?;
        let rows = query.query_map((location.0, signed(limit), signed(offset)), stock_row)?;
        Ok(rows.collect::<Result<_, _>>()?)
    }

    /// What is in a handling unit.
    ///
    /// # Errors
    /// See [`StoreError`].
    pub fn stock_in_hu(&self, hu: &HuCode) -> Result<Vec<StockRow>, StoreError> {
        let mut query = self.db.prepare_cached(include_str!("sql/stock_in_hu.sql"))?;
        let rows = query.query_map([hu.as_str()], stock_row)?;
        Ok(rows.collect::<Result<_, _>>()?)
    }

    /// Where a unit is.
    ///
    /// # Errors
    /// See [`StoreError`].
    pub fn stock_of_serial(&self, item: ItemId, serial: &SerialNumber) -> Result<Vec<StockRow>, StoreError> {
        let mut query = self.db.prepare_cached(include_str!("sql/stock_of_serial.sql"))?;
        let rows = query.query_map((item.0, serial.as_str()), stock_row)?;
        Ok(rows.collect::<Result<_, _>>()?)
    }

    /// What waits at the docks, in walk order, `limit` rows from `offset`.
    ///
    /// # Errors
    /// See [`StoreError`].
    pub fn dock_stock(&self, offset: u64, limit: u64) -> Result<Vec<StockRow>, StoreError> {
        let mut query = self.db.prepare_cached(include_str!("sql/stock_dock.sql"))?;
        let rows = query.query_map((signed(limit), signed(offset)), stock_row)?;
        Ok(rows.collect::<Result<_, _>>()?)
    }

    /// How many rows wait at the docks.
    ///
    /// # Errors
    /// See [`StoreError`].
    pub fn count_dock_stock(&self) -> Result<u64, StoreError> {
        let mut query = self.db.prepare_cached(include_str!("sql/stock_dock_count.sql"))?;
        Ok(query.query_row((), |row| row::unsigned(row, 0))?)
    }

    /// Hands over an item's stock in first-expiry order, one row at a time, until told to stop.
    ///
    /// # Errors
    /// See [`StoreError`].
    pub fn for_each_candidate(
        &self,
        item: ItemId,
        mut each: impl FnMut(Candidate) -> ControlFlow<()>,
    ) -> Result<(), StoreError> {
        let stops = self.stops()?;
        let mut query = self.db.prepare_cached(include_str!("sql/stock_candidates.sql"))?;
        let mut rows = query.query([item.0])?;
        while let Some(row) = rows.next()? {
            let mut candidate = candidate(row, item)?;
            candidate.hold = stops.on(&candidate.key, &candidate.place);
            if each(candidate).is_break() {
                break;
            }
        }
        Ok(())
    }

    /// The first `limit` rows of an item's stock in first-expiry order.
    ///
    /// # Errors
    /// See [`StoreError`].
    pub fn candidates(&self, item: ItemId, limit: usize) -> Result<Vec<Candidate>, StoreError> {
        let mut found = Vec::new();
        if limit == 0 {
            return Ok(found);
        }
        self.for_each_candidate(item, |candidate| {
            found.push(candidate);
            if found.len() < limit { ControlFlow::Continue(()) } else { ControlFlow::Break(()) }
        })?;
        Ok(found)
    }

    /// Places for stock that already hold the lot, in walk order, at most 20.
    ///
    /// # Errors
    /// See [`StoreError`].
    pub fn locations_with_lot(&self, key: &LotKey) -> Result<Vec<Location>, StoreError> {
        let lot = lot_text(key.lot.as_ref());
        let sort = lots::sort_key(&self.db, key.item, lot)?;
        let mut query = self.db.prepare_cached(include_str!("sql/locations_with_lot.sql"))?;
        let key = (key.item.0, sort.expiry, sort.best_before, sort.produced, sort.received, lot);
        let rows = query.query_map(key, |row| row::json(row, 0))?;
        Ok(rows.collect::<Result<_, _>>()?)
    }

    /// Places for stock that already hold the item, those of the lots that go first before others, at most 20.
    ///
    /// # Errors
    /// See [`StoreError`].
    pub fn locations_with_item(&self, item: ItemId) -> Result<Vec<Location>, StoreError> {
        let mut query = self.db.prepare_cached(include_str!("sql/locations_with_item.sql"))?;
        let rows = query.query_map([item.0], |row| row::json(row, 0))?;
        Ok(rows.collect::<Result<_, _>>()?)
    }

    /// The first empty reserve place of a zone in walk order, else its first empty pick face; '' is any zone.
    ///
    /// # Errors
    /// See [`StoreError`].
    pub fn first_empty_location(&self, zone: &str) -> Result<Option<Location>, StoreError> {
        for kind in ["storage", "pick_face"] {
            // Only where no place is free on the server's books are the balances read: what was taken away here is free.
            for sql in
                [include_str!("sql/location_first_unused.sql"), include_str!("sql/location_first_empty.sql")]
            {
                let mut query = self.db.prepare_cached(sql)?;
                let found = query.query_row((kind, zone), |row| row::json(row, 0)).optional()?;
                if found.is_some() {
                    return Ok(found);
                }
            }
        }
        Ok(None)
    }
}

/// Columns: item, lot, serial, location, hu, quantity, since, expiry, best_before.
fn stock_row(row: &Row<'_>) -> rusqlite::Result<StockRow> {
    let LotKey { item, lot } = lot_key(row, 0, 1)?;
    let place = Place { location: LocationId(row.get(3)?), hu: label(row, 4)? };
    Ok(StockRow {
        key: StockKey { item, lot, serial: label(row, 2)?, place },
        quantity: Quantity::balance(row.get(5)?),
        since: Timestamp(row.get(6)?),
        expiry: keyed_day(row, 7)?,
        best_before: keyed_day(row, 8)?,
    })
}

fn candidate(row: &Row<'_>, item: ItemId) -> rusqlite::Result<Candidate> {
    Ok(Candidate {
        key: LotKey { item, lot: row::lot_number(row, 0)? },
        place: Place { location: LocationId(row.get(1)?), hu: label(row, 2)? },
        serial: label(row, 3)?,
        expiry: keyed_day(row, 4)?,
        best_before: keyed_day(row, 5)?,
        produced: keyed_day(row, 6)?,
        received: Timestamp(row.get(7)?),
        walk: row.get(8)?,
        kind: kind_from(row.get_ref(9)?.as_str_or_null()?),
        quantity: Quantity::balance(row.get(10)?),
        hold: None,
    })
}

/// The kind of a location by its name in JSON. Nobody picks from a place that the device has not been told of.
fn kind_from(name: Option<&str>) -> LocationKind {
    match name {
        Some("dock") => LocationKind::Dock,
        Some("storage") => LocationKind::Storage,
        Some("pick_face") => LocationKind::PickFace,
        Some("staging") => LocationKind::Staging,
        Some("dispatch") => LocationKind::Dispatch,
        _ => LocationKind::Quarantine,
    }
}
