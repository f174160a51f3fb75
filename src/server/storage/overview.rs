//! What the status page shows, in a few bounded queries.

use super::tx::{Row, Tx, values};
use super::{DeviceRow, DiscrepancyRow, Overview, RecentRow, Storage, StorageError};
use crate::domain::SiteId;
use crate::sync::wire::Status;

impl Storage {
    /// What is going on at a site.
    ///
    /// # Errors
    /// [`StorageError`] where the database cannot be read.
    pub async fn overview(&self, site: SiteId) -> Result<Overview, StorageError> {
        self.read(site, |site, tx| Box::pin(overview(*site, tx))).await
    }
}

async fn overview(site: SiteId, tx: &mut dyn Tx) -> Result<Overview, StorageError> {
    Ok(Overview {
        events: count(tx, site, include_str!("sql/count_events.sql")).await?,
        lots: count(tx, site, include_str!("sql/count_lots.sql")).await?,
        holds: count(tx, site, include_str!("sql/count_holds.sql")).await?,
        discrepancies: count(tx, site, include_str!("sql/count_discrepancies.sql")).await?,
        devices: list(tx, site, include_str!("sql/devices.sql"), device).await?,
        open: list(tx, site, include_str!("sql/list_discrepancies.sql"), discrepancy).await?,
        recent: list(tx, site, include_str!("sql/recent_events.sql"), recent).await?,
    })
}

async fn count(tx: &mut dyn Tx, site: SiteId, sql: &'static str) -> Result<u64, StorageError> {
    tx.row(sql, &values![site.0]).await?.map_or(Ok(0), |mut row| row.unsigned())
}

async fn list<T: Send>(
    tx: &mut dyn Tx,
    site: SiteId,
    sql: &'static str,
    read: fn(Row) -> Result<T, StorageError>,
) -> Result<Vec<T>, StorageError> {
    tx.rows(sql, &values![site.0]).await?.into_iter().map(read).collect()
}

fn device(mut row: Row) -> Result<DeviceRow, StorageError> {
    Ok(DeviceRow {
        name: row.text()?,
        device: row.device()?,
        last_contact: row.time()?,
        epoch: row.small()?,
        accepted: row.unsigned()?,
        reported: row.unsigned()?,
        skew_ms: row.int()?,
    })
}

fn discrepancy(mut row: Row) -> Result<DiscrepancyRow, StorageError> {
    Ok(DiscrepancyRow {
        identity: row.text()?,
        stream_seq: row.unsigned()?,
        kind: row.text()?,
        detail: row.text()?,
        opened: row.time()?,
    })
}

fn recent(mut row: Row) -> Result<RecentRow, StorageError> {
    let (stream_seq, kind) = (row.unsigned()?, row.text()?);
    let status = match row.status()? {
        Status::Accepted => "accepted",
        Status::Flagged => "flagged",
        Status::Quarantined => "quarantined",
        Status::Duplicate => "duplicate",
        Status::Refused => "refused",
    };
    let (reason, device, received) = (row.text()?, row.text()?, row.time()?);
    Ok(RecentRow { stream_seq, kind, status: status.to_owned(), reason, device, received })
}
