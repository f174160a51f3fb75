//! Entries of the ledger, for the stories that pages tell.

use crate::domain::{DeviceId, Event, EventId, SiteId, Timestamp};
use crate::server::storage::tx::{Kind, Many, Row, Tx, values};
use crate::server::storage::{Storage, StorageError};
use crate::sync::wire::Status;

static BY_ID: Many = Many::new(include_str!("../sql/console_events_by_id.sql"), &[("event_id", Kind::Id)]);

/// One entry.
#[derive(Debug, Clone)]
pub struct EventRow {
    /// Its place.
    pub stream_seq: u64,
    /// The verdict.
    pub status: Status,
    /// Why, as a stable code; empty for none.
    pub reason: String,
    /// When it came.
    pub received: Timestamp,
    /// Who sent it.
    pub device: DeviceId,
    /// The device's name; empty for the server itself.
    pub device_name: String,
    /// What it says; `None` where its bytes cannot be read.
    pub event: Option<Event>,
}

impl Storage {
    /// The newest entries of a site before a place in its stream, newest first; of one device where one is named.
    ///
    /// # Errors
    /// [`StorageError`] where the database cannot be read.
    pub async fn events_before(
        &self,
        site: SiteId,
        device: Option<DeviceId>,
        before: u64,
        limit: usize,
    ) -> Result<Vec<EventRow>, StorageError> {
        self.read((site, device, before, limit), |input, tx| Box::pin(before_seq(input, tx))).await
    }

    /// The entries of those events, in stream order.
    ///
    /// # Errors
    /// [`StorageError`] where the database cannot be read.
    pub async fn events(&self, site: SiteId, ids: Vec<EventId>) -> Result<Vec<EventRow>, StorageError> {
        self.read((site, ids), |input, tx| Box::pin(by_id(input, tx))).await
    }

    /// The entry at a place in the stream.
    ///
    /// # Errors
    /// [`StorageError`] where the database cannot be read.
    pub async fn event_at(&self, site: SiteId, seq: u64) -> Result<Option<EventRow>, StorageError> {
        let rows = self.events_before(site, None, seq.saturating_add(1), 1).await?;
        Ok(rows.into_iter().find(|row| row.stream_seq == seq))
    }
}

async fn before_seq(
    (site, device, before, limit): &(SiteId, Option<DeviceId>, u64, usize),
    tx: &mut dyn Tx,
) -> Result<Vec<EventRow>, StorageError> {
    let limit = *limit as u64;
    let rows = match device {
        None => tx.rows(include_str!("../sql/console_events.sql"), &values![site.0, *before, limit]).await?,
        Some(device) => {
            let sql = include_str!("../sql/console_device_events.sql");
            tx.rows(sql, &values![site.0, *device, limit]).await?
        }
    };
    rows.into_iter().map(entry).collect()
}

async fn by_id((site, ids): &(SiteId, Vec<EventId>), tx: &mut dyn Tx) -> Result<Vec<EventRow>, StorageError> {
    let keys: Vec<_> = ids.iter().map(|id| values![*id].to_vec()).collect();
    let rows = tx.find(&BY_ID, site.0, &keys).await?;
    let mut rows = rows.into_iter().map(entry).collect::<Result<Vec<_>, _>>()?;
    rows.sort_by_key(|row| row.stream_seq);
    Ok(rows)
}

pub(super) fn entry(mut row: Row) -> Result<EventRow, StorageError> {
    Ok(EventRow {
        stream_seq: row.unsigned()?,
        status: row.status()?,
        reason: row.text()?,
        received: row.time()?,
        device: row.device()?,
        device_name: row.text()?,
        event: Event::decode(row.text()?.as_bytes()).ok(),
    })
}
