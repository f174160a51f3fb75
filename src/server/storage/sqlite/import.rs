//! What an import needs to know of a site.

use super::super::StorageError;
use super::snapshot::stock_key;
use super::{Storage, head};
use crate::domain::{MasterRecord, SiteId, StockKey};
use crate::sync::wire::{Head, Stream};

impl Storage {
    /// The newest record of each id, and the master stream's head that they are of.
    ///
    /// # Errors
    /// [`StorageError`] where the database cannot be read.
    pub async fn records(&self, site: SiteId) -> Result<(Head, Vec<MasterRecord>), StorageError> {
        self.read(move |connection| {
            let head = head(connection, site, Stream::Master)?;
            let mut query = connection.prepare_cached(include_str!("sql/newest_records.sql"))?;
            let mut rows = query.query([site.0])?;
            let mut records = Vec::new();
            while let Some(row) = rows.next()? {
                let bytes: String = row.get(0)?;
                let record = serde_json::from_str(&bytes);
                records.push(record.map_err(|_| StorageError::Damaged { what: "record" })?);
            }
            Ok((head, records))
        })
        .await
    }

    /// Which balances at real places are not zero.
    ///
    /// # Errors
    /// [`StorageError`] where the database cannot be read.
    pub async fn stocked(&self, site: SiteId) -> Result<Vec<StockKey>, StorageError> {
        self.read(move |connection| {
            let mut query = connection.prepare_cached(include_str!("sql/stocked.sql"))?;
            let mut rows = query.query([site.0])?;
            let mut keys = Vec::new();
            while let Some(row) = rows.next()? {
                keys.push(stock_key(row)?);
            }
            Ok(keys)
        })
        .await
    }
}
