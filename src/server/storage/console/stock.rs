//! Stock by item and by place.

use super::PAGE_ROWS_MAX;
use crate::domain::{
    Day, HuCode, Item, ItemId, LocationId, LotNumber, MasterRecord, Place, SerialNumber, SiteId, StockKey,
    Timestamp, day_from_number,
};
use crate::server::storage::tx::{Kind, Many, Row, Tx, values};
use crate::server::storage::{Storage, StorageError};
use std::collections::BTreeMap;

static SUMS: Many = Many::new(include_str!("../sql/console_item_sums.sql"), &[("item", Kind::Int)]);

/// An item and what of it is in stock.
#[derive(Debug, Clone)]
pub struct ItemStock {
    /// The item.
    pub item: Item,
    /// Base units at real places.
    pub units: i64,
    /// Lots with stock.
    pub lots: u64,
    /// The first day on which some of it is no longer good.
    pub good_to: Option<Day>,
}

/// One balance.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BalanceRow {
    /// What and where.
    pub key: StockKey,
    /// Base units.
    pub units: i64,
    /// When it last changed.
    pub since: Timestamp,
    /// The last good day of its lot.
    pub good_to: Option<Day>,
}

/// Balances of one item or place.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Balances {
    /// Those of a page.
    pub rows: Vec<BalanceRow>,
    /// How many there are in all.
    pub total: u64,
    /// Base units of all of them; 0 for a place, where they are of different things.
    pub units: i64,
}

impl Storage {
    /// Items by code after a code, with what is in stock of each.
    ///
    /// # Errors
    /// [`StorageError`] where the database cannot be read.
    pub async fn item_stock(&self, site: SiteId, after: &str) -> Result<Vec<ItemStock>, StorageError> {
        self.read((site, after.to_owned()), |input, tx| Box::pin(item_stock(input, tx))).await
    }

    /// The balances of an item, first expiry first, after the first `skip`.
    ///
    /// # Errors
    /// [`StorageError`] where the database cannot be read.
    pub async fn balances_of(&self, site: SiteId, item: ItemId, skip: u64) -> Result<Balances, StorageError> {
        self.read((site, item, skip), |input, tx| Box::pin(of_item(input, tx))).await
    }

    /// The balances at a place, after the first `skip`.
    ///
    /// # Errors
    /// [`StorageError`] where the database cannot be read.
    pub async fn balances_at(
        &self,
        site: SiteId,
        location: LocationId,
        skip: u64,
    ) -> Result<Balances, StorageError> {
        self.read((site, location, skip), |input, tx| Box::pin(at_place(input, tx))).await
    }
}

async fn item_stock(
    (site, after): &(SiteId, String),
    tx: &mut dyn Tx,
) -> Result<Vec<ItemStock>, StorageError> {
    let after = after.replace('\0', "");
    let params = values![site.0, "item", after, PAGE_ROWS_MAX as u64];
    let mut found = BTreeMap::new();
    let mut order = Vec::new();
    for mut row in tx.rows(include_str!("../sql/console_records_after.sql"), &params).await? {
        if let MasterRecord::Item(item) = row.json("record")? {
            order.push(item.id);
            found.insert(item.id, ItemStock { item, units: 0, lots: 0, good_to: None });
        }
    }
    let keys: Vec<_> = order.iter().map(|id| values![id.0].to_vec()).collect();
    for mut row in tx.find(&SUMS, site.0, &keys).await? {
        let (item, units, lots, good_to) =
            (ItemId(row.int()?), row.int()?, row.unsigned()?, row.int_or_null()?);
        if let Some(stock) = found.get_mut(&item) {
            (stock.units, stock.lots) = (units, lots);
            stock.good_to = good_to.and_then(day_from_number);
        }
    }
    Ok(order.iter().filter_map(|id| found.remove(id)).collect())
}

async fn of_item(
    (site, item, skip): &(SiteId, ItemId, u64),
    tx: &mut dyn Tx,
) -> Result<Balances, StorageError> {
    let (mut total, mut units) = (0, 0);
    let sum = include_str!("../sql/console_sum_of.sql");
    if let Some(mut row) = tx.row(sum, &values![site.0, item.0]).await? {
        (total, units) = (row.unsigned()?, row.int()?);
    }
    let params = values![site.0, item.0, PAGE_ROWS_MAX as u64, *skip];
    let rows = tx.rows(include_str!("../sql/console_balances_of.sql"), &params).await?;
    Ok(Balances { rows: rows.into_iter().map(balance).collect::<Result<_, _>>()?, total, units })
}

async fn at_place(
    (site, location, skip): &(SiteId, LocationId, u64),
    tx: &mut dyn Tx,
) -> Result<Balances, StorageError> {
    let count = tx.row(include_str!("../sql/console_count_at.sql"), &values![site.0, location.0]).await?;
    let total = count.map_or(Ok(0), |mut row| row.unsigned())?;
    let params = values![site.0, location.0, PAGE_ROWS_MAX as u64, *skip];
    let rows = tx.rows(include_str!("../sql/console_balances_at.sql"), &params).await?;
    Ok(Balances { rows: rows.into_iter().map(balance).collect::<Result<_, _>>()?, total, units: 0 })
}

/// `item, lot, serial, location, hu, units, since, good_to` as a balance.
fn balance(mut row: Row) -> Result<BalanceRow, StorageError> {
    let item = ItemId(row.int()?);
    let (lot, serial) = (row.label(LotNumber::new)?, row.label(SerialNumber::new)?);
    let (location, hu) = (LocationId(row.int()?), row.label(HuCode::new)?);
    let key = StockKey { item, lot, serial, place: Place { location, hu } };
    let (units, since) = (row.int()?, row.time()?);
    Ok(BalanceRow { key, units, since, good_to: row.int_or_null()?.and_then(day_from_number) })
}
