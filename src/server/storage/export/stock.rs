//! Stock: every balance that is not zero at a real place.

use super::super::StorageError;
use super::super::console::{Names, Wanted, read_names};
use super::super::tx::{Row, Tx, values};
use super::stops::{Stops, targets, word};
use super::{Found, List, cut, range};
use crate::domain::{
    Day, HuCode, ItemId, LocationId, LocationKind, LotNumber, Place, SerialNumber, SiteId, StockKey,
    Timestamp, Unit, day_from_number,
};
use async_trait::async_trait;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// Stock of an item, of a lot number, at a place, or all of it.
#[derive(Debug, Clone, Default)]
pub struct StockList {
    /// Only of this item.
    pub item: Option<ItemId>,
    /// Only of lots of this number.
    pub lot: Option<LotNumber>,
    /// Only at this place.
    pub location: Option<LocationId>,
}

/// One balance.
#[derive(Debug, Clone, Serialize, ToSchema)]
#[schema(as = Stock)]
pub struct StockLine {
    /// The item's code.
    pub item: String,
    /// The item's name.
    pub item_name: String,
    /// The base unit that quantities are in: `each` or `gram`.
    pub unit: &'static str,
    /// The lot, for items with lots.
    pub lot: Option<String>,
    /// The unit, for items with serial numbers.
    pub serial: Option<String>,
    /// The place's code.
    pub location: String,
    /// The place's zone; empty for none.
    pub zone: String,
    /// The handling unit that it is in.
    pub hu: Option<String>,
    /// Base units; below zero where more was taken than the ledger knows of.
    pub quantity: i64,
    /// The lot's last good day.
    #[schema(value_type = Option<String>, format = Date)]
    pub good_to: Option<Day>,
    /// What stops it from being picked: `recall`, `damaged`, `quarantine`, `hold`.
    pub stopped: Option<&'static str>,
    /// When it last changed.
    #[schema(format = DateTime)]
    pub since: String,
}

/// Where a balance stands: by item, lot, serial, place, handling unit.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct StockCursor(i64, String, String, i64, String);

struct Balance {
    key: StockKey,
    units: i64,
    since: Timestamp,
    good_to: Option<Day>,
}

#[async_trait]
impl List for StockList {
    type Row = StockLine;
    type Cursor = StockCursor;

    async fn page(
        &self,
        site: SiteId,
        after: Option<&StockCursor>,
        limit: usize,
        tx: &mut dyn Tx,
    ) -> Result<Found<Self>, StorageError> {
        let first = StockCursor(0, String::new(), String::new(), 0, String::new());
        let StockCursor(item, lot, serial, location, hu) = after.unwrap_or(&first);
        let (items, places) = (range(self.item.map(|id| id.0)), range(self.location.map(|id| id.0)));
        let number = self.lot.as_ref().map_or("", LotNumber::as_str);
        let params = values![
            site.0,
            items.0,
            items.1,
            number,
            places.0,
            places.1,
            *item,
            lot.as_str(),
            serial.as_str(),
            *location,
            hu.as_str(),
            limit as u64 + 1
        ];
        let rows = tx.rows(include_str!("../sql/export_stock.sql"), &params).await?;
        let mut rows = rows.into_iter().map(balance).collect::<Result<Vec<_>, _>>()?;
        let more = cut(&mut rows, limit);
        let next = rows.last().filter(|_| more).map(|row| cursor(&row.key));
        let mut wanted = Wanted::default();
        for row in &rows {
            wanted.item(row.key.item);
            wanted.location(row.key.place.location);
        }
        let names = read_names(&(site, wanted), tx).await?;
        let stops = Stops::read(site, rows.iter().flat_map(|row| targets(&row.key)), tx).await?;
        let rows = rows.into_iter().map(|row| line(row, &names, &stops)).collect::<Result<_, _>>()?;
        Ok(Found { rows, next })
    }
}

fn balance(mut row: Row) -> Result<Balance, StorageError> {
    let item = ItemId(row.int()?);
    let (lot, serial) = (row.label(LotNumber::new)?, row.label(SerialNumber::new)?);
    let place = Place { location: LocationId(row.int()?), hu: row.label(HuCode::new)? };
    let (units, since) = (row.int()?, row.time()?);
    let good_to = row.int_or_null()?.and_then(day_from_number);
    Ok(Balance { key: StockKey { item, lot, serial, place }, units, since, good_to })
}

fn cursor(key: &StockKey) -> StockCursor {
    let text = |label: Option<&str>| label.unwrap_or_default().to_owned();
    StockCursor(
        key.item.0,
        text(key.lot.as_ref().map(LotNumber::as_str)),
        text(key.serial.as_ref().map(SerialNumber::as_str)),
        key.place.location.0,
        text(key.place.hu.as_ref().map(HuCode::as_str)),
    )
}

fn line(row: Balance, names: &Names, stops: &Stops) -> Result<StockLine, StorageError> {
    let Balance { key, units, since, good_to } = row;
    let (item, place) = (names.item(key.item), names.location(key.place.location));
    let quarantine = place.is_some_and(|place| place.kind == LocationKind::Quarantine);
    let stopped = stops.on(targets(&key))?.map(word).or(quarantine.then_some("quarantine"));
    Ok(StockLine {
        item: item_code(names, key.item),
        item_name: names.item_name(key.item),
        unit: unit(item.map_or(Unit::Each, |item| item.unit)),
        lot: key.lot.map(|lot| lot.to_string()),
        serial: key.serial.map(|serial| serial.to_string()),
        location: names.place(key.place.location),
        zone: place.map_or_else(String::new, |place| place.zone.clone()),
        hu: key.place.hu.map(|hu| hu.to_string()),
        quantity: units,
        good_to,
        stopped,
        since: since.to_string(),
    })
}

/// The item's code; its number where there is no record of it.
pub(super) fn item_code(names: &Names, id: ItemId) -> String {
    names.item(id).map_or_else(|| format!("item {id}"), |item| item.code.clone())
}

/// A base unit's name outside.
pub(super) fn unit(unit: Unit) -> &'static str {
    match unit {
        Unit::Each => "each",
        Unit::Gram => "gram",
    }
}
