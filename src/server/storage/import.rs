//! What an import needs to know of a site.

use super::snapshot::stock_key;
use super::stream::head;
use super::tx::{Tx, values};
use super::{Storage, StorageError};
use crate::domain::{MasterRecord, SiteId, StockKey};
use crate::sync::wire::{Head, Stream};

impl Storage {
    /// The newest record of each id, and the master stream's head that they are of.
    ///
    /// # Errors
    /// [`StorageError`] where the database cannot be read.
    pub async fn records(&self, site: SiteId) -> Result<(Head, Vec<MasterRecord>), StorageError> {
        self.read(site, |site, tx| Box::pin(records(*site, tx))).await
    }

    /// The newest records of one kind, as they are named in the stream (`item`, `user`, …), and the head that they are of.
    ///
    /// # Errors
    /// [`StorageError`] where the database cannot be read.
    pub async fn records_of(
        &self,
        site: SiteId,
        kind: &'static str,
    ) -> Result<(Head, Vec<MasterRecord>), StorageError> {
        self.read((site, kind), |(site, kind), tx| Box::pin(records_of(*site, kind, tx))).await
    }

    /// Which balances at real places are not zero.
    ///
    /// # Errors
    /// [`StorageError`] where the database cannot be read.
    pub async fn stocked(&self, site: SiteId) -> Result<Vec<StockKey>, StorageError> {
        self.read(site, |site, tx| Box::pin(stocked(*site, tx))).await
    }
}

async fn records(site: SiteId, tx: &mut dyn Tx) -> Result<(Head, Vec<MasterRecord>), StorageError> {
    let head = head(tx, site, Stream::Master).await?;
    let rows = tx.rows(include_str!("sql/newest_records.sql"), &values![site.0]).await?;
    let records = rows.into_iter().map(|mut row| row.json("record"));
    Ok((head, records.collect::<Result<_, _>>()?))
}

async fn records_of(
    site: SiteId,
    kind: &str,
    tx: &mut dyn Tx,
) -> Result<(Head, Vec<MasterRecord>), StorageError> {
    let head = head(tx, site, Stream::Master).await?;
    let params = values![site.0, kind];
    let rows = tx.rows(include_str!("sql/records_of.sql"), &params).await?;
    let records = rows.into_iter().map(|mut row| row.json("record"));
    Ok((head, records.collect::<Result<_, _>>()?))
}

async fn stocked(site: SiteId, tx: &mut dyn Tx) -> Result<Vec<StockKey>, StorageError> {
    let rows = tx.rows(include_str!("sql/stocked.sql"), &values![site.0]).await?;
    rows.into_iter().map(|mut row| stock_key(&mut row)).collect()
}
