//! Between columns and domain types.

use super::StoreError;
use crate::domain::{Day, HuCode, ItemId, LotKey, LotNumber, SerialNumber, day_from_number};
use rusqlite::types::Type;
use rusqlite::{Row, RowIndex};
use serde::Serialize;
use serde::de::DeserializeOwned;
use std::str::FromStr;
use uuid::Uuid;

/// A missing due day: after every day that chrono can hold.
pub(super) const NO_DAY: i64 = 100_000_000;
/// In the order of stock a missing day is 0, which is last and takes no room, and a day is its distance to this one,
/// after the year 9999. Later days sort together.
const DAY_AFTER_ALL: i64 = 3_000_000;
/// A missing first receipt and the walk of an unknown location: last.
pub(super) const LAST: i64 = i64::MAX;
/// A missing lot number: no label holds a control character, and no label sorts behind it in practice.
pub(super) const NO_LOT: &str = "\u{10FFFF}\u{7F}";

pub(super) fn lot_text(lot: Option<&LotNumber>) -> &str {
    lot.map_or(NO_LOT, LotNumber::as_str)
}

pub(super) fn hu_text(hu: Option<&HuCode>) -> &str {
    hu.map_or("", HuCode::as_str)
}

pub(super) fn serial_text(serial: Option<&SerialNumber>) -> &str {
    serial.map_or("", SerialNumber::as_str)
}

fn failure<E: std::error::Error + Send + Sync + 'static>(error: E) -> rusqlite::Error {
    rusqlite::Error::FromSqlConversionFailure(0, Type::Text, Box::new(error))
}

/// A label column where '' means none.
pub(super) fn label<T>(row: &Row<'_>, column: impl RowIndex) -> rusqlite::Result<Option<T>>
where
    T: FromStr,
    T::Err: std::error::Error + Send + Sync + 'static,
{
    match row.get_ref(column)?.as_str()? {
        "" => Ok(None),
        text => text.parse().map(Some).map_err(failure),
    }
}

/// A label column where NULL means none.
pub(super) fn label_or_null<T>(row: &Row<'_>, column: impl RowIndex) -> rusqlite::Result<Option<T>>
where
    T: FromStr,
    T::Err: std::error::Error + Send + Sync + 'static,
{
    match row.get_ref(column)?.as_str_or_null()? {
        None | Some("") => Ok(None),
        Some(text) => text.parse().map(Some).map_err(failure),
    }
}

pub(super) fn lot_number(row: &Row<'_>, column: impl RowIndex) -> rusqlite::Result<Option<LotNumber>> {
    match row.get_ref(column)?.as_str()? {
        NO_LOT => Ok(None),
        text => text.parse().map(Some).map_err(failure),
    }
}

pub(super) fn lot_key(row: &Row<'_>, item: usize, lot: usize) -> rusqlite::Result<LotKey> {
    Ok(LotKey { item: ItemId(row.get(item)?), lot: lot_number(row, lot)? })
}

/// A day column; NULL and [`NO_DAY`] mean none.
pub(super) fn day(row: &Row<'_>, column: impl RowIndex) -> rusqlite::Result<Option<Day>> {
    Ok(row.get::<_, Option<i64>>(column)?.filter(|number| *number != NO_DAY).and_then(day_from_number))
}

/// A day's place in the order of stock, from its number.
pub(super) fn day_key(number: Option<i64>) -> i64 {
    number.map_or(0, |number| (number - DAY_AFTER_ALL).min(-1))
}

/// The day of a [`day_key`].
pub(super) fn keyed_day(row: &Row<'_>, column: usize) -> rusqlite::Result<Option<Day>> {
    let key: i64 = row.get(column)?;
    Ok((key != 0).then_some(key + DAY_AFTER_ALL).and_then(day_from_number))
}

pub(super) fn uuid(row: &Row<'_>, column: impl RowIndex) -> rusqlite::Result<Uuid> {
    Uuid::from_slice(row.get_ref(column)?.as_blob()?).map_err(failure)
}

pub(super) fn unsigned(row: &Row<'_>, column: impl RowIndex) -> rusqlite::Result<u64> {
    row.get::<_, i64>(column).map(i64::unsigned_abs)
}

/// A sequence as SQLite keeps it; none comes near the limit.
pub(super) fn signed(seq: u64) -> i64 {
    i64::try_from(seq).unwrap_or(i64::MAX)
}

/// A column with JSON in it.
pub(super) fn json<T: DeserializeOwned>(row: &Row<'_>, column: impl RowIndex) -> rusqlite::Result<T> {
    serde_json::from_str(row.get_ref(column)?.as_str()?).map_err(failure)
}

/// The name that a simple enum has in JSON, for columns that are searched.
pub(super) fn name_of(value: &impl Serialize) -> Result<String, StoreError> {
    match serde_json::to_value(value) {
        Ok(serde_json::Value::String(name)) => Ok(name),
        other => Err(StoreError::Protocol(format!("{other:?} is not a name"))),
    }
}

/// A value's JSON, for columns that are kept whole.
pub(super) fn to_json(value: &impl Serialize) -> Result<String, StoreError> {
    serde_json::to_string(value).map_err(|error| StoreError::Protocol(error.to_string()))
}
