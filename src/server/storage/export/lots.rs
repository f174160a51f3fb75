//! Lots: what labels and papers said of each, and how much of it is left.

use super::super::StorageError;
use super::super::console::{Wanted, read_names};
use super::super::tx::{Row, Tx, values};
use super::stock::{item_code, unit};
use super::stops::{Stops, word};
use super::{Found, List, cut, range};
use crate::domain::{
    Day, HoldTarget, ItemId, LotFacts, LotKey, LotNumber, SiteId, Timestamp, Unit, day_from_number,
};
use async_trait::async_trait;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// Lots of an item, of a number, or all of them.
#[derive(Debug, Clone, Default)]
pub struct LotList {
    /// Only of this item.
    pub item: Option<ItemId>,
    /// Only of this number.
    pub lot: Option<LotNumber>,
}

/// One lot.
#[derive(Debug, Clone, Serialize, ToSchema)]
#[schema(as = Lot)]
pub struct LotLine {
    /// The item's code.
    pub item: String,
    /// The item's name.
    pub item_name: String,
    /// The base unit that quantities are in: `each` or `gram`.
    pub unit: &'static str,
    /// The lot number as labelled.
    pub lot: String,
    /// The last good day.
    #[schema(value_type = Option<String>, format = Date)]
    pub good_to: Option<Day>,
    /// Not to be used after this day.
    #[schema(value_type = Option<String>, format = Date)]
    pub expiry: Option<Day>,
    /// At its best until this day.
    #[schema(value_type = Option<String>, format = Date)]
    pub best_before: Option<Day>,
    /// Made on this day.
    #[schema(value_type = Option<String>, format = Date)]
    pub produced: Option<Day>,
    /// The supplier's own number, where it is another.
    pub supplier_lot: Option<String>,
    /// Vintage or production run.
    pub vintage: Option<String>,
    /// Country of origin, ISO 3166.
    pub origin: Option<String>,
    /// When it first came in.
    #[schema(format = DateTime)]
    pub first_received: String,
    /// Base units at real places.
    pub quantity: i64,
    /// What stops the lot: `recall`, `damaged`, `quarantine`, `hold`.
    pub stopped: Option<&'static str>,
}

/// Where a lot stands: by item and number.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct LotCursor(i64, String);

struct Lot {
    item: ItemId,
    lot: LotNumber,
    received: Timestamp,
    facts: LotFacts,
    good_to: Option<Day>,
    units: i64,
}

#[async_trait]
impl List for LotList {
    type Row = LotLine;
    type Cursor = LotCursor;

    async fn page(
        &self,
        site: SiteId,
        after: Option<&LotCursor>,
        limit: usize,
        tx: &mut dyn Tx,
    ) -> Result<Found<Self>, StorageError> {
        let (item, lot) = after.map_or((0, ""), |LotCursor(item, lot)| (*item, lot.as_str()));
        let items = range(self.item.map(|id| id.0));
        let (sql, lot) = match &self.lot {
            None => (include_str!("../sql/export_lots.sql"), lot),
            Some(number) => (include_str!("../sql/export_lots_named.sql"), number.as_str()),
        };
        let params = values![site.0, items.0, items.1, item, lot, limit as u64 + 1];
        let rows = tx.rows(sql, &params).await?;
        let mut rows = rows.into_iter().map(read).collect::<Result<Vec<_>, _>>()?;
        let more = cut(&mut rows, limit);
        let next = rows.last().filter(|_| more).map(|row| LotCursor(row.item.0, row.lot.to_string()));
        let mut wanted = Wanted::default();
        rows.iter().for_each(|row| wanted.item(row.item));
        let names = read_names(&(site, wanted), tx).await?;
        let stops = Stops::read(site, rows.iter().map(target), tx).await?;
        let line = |row: Lot| {
            let stopped = stops.on([target(&row)])?.map(word);
            let facts = row.facts;
            Ok(LotLine {
                item: item_code(&names, row.item),
                item_name: names.item_name(row.item),
                unit: unit(names.item(row.item).map_or(Unit::Each, |item| item.unit)),
                lot: row.lot.to_string(),
                good_to: row.good_to,
                expiry: facts.expiry,
                best_before: facts.best_before,
                produced: facts.produced,
                supplier_lot: facts.supplier_lot.map(|lot| lot.to_string()),
                vintage: facts.vintage,
                origin: facts.origin,
                first_received: row.received.to_string(),
                quantity: row.units,
                stopped,
            })
        };
        let rows = rows.into_iter().map(line).collect::<Result<_, StorageError>>()?;
        Ok(Found { rows, next })
    }
}

fn target(row: &Lot) -> HoldTarget {
    HoldTarget::Lot(LotKey { item: row.item, lot: Some(row.lot.clone()) })
}

fn read(mut row: Row) -> Result<Lot, StorageError> {
    let (item, lot) = (ItemId(row.int()?), row.label(LotNumber::new)?);
    Ok(Lot {
        item,
        lot: lot.ok_or(StorageError::Damaged { what: "lot" })?,
        received: row.time()?,
        facts: row.json("lot")?,
        good_to: row.int_or_null()?.and_then(day_from_number),
        units: row.int()?,
    })
}
