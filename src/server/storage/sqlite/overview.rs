//! What the status page shows, in a few bounded queries.

use super::super::{DeviceRow, DiscrepancyRow, Overview, RecentRow};
use super::row::{status, unsigned};
use super::{Storage, StorageError};
use crate::domain::{DeviceId, Timestamp};
use crate::sync::wire::Status;
use rusqlite::Connection;
use uuid::Uuid;

impl Storage {
    /// What is going on, over all sites of this server.
    ///
    /// # Errors
    /// [`StorageError`] where the database cannot be read.
    pub async fn overview(&self) -> Result<Overview, StorageError> {
        self.read(|connection| {
            let one = |sql: &str| connection.prepare_cached(sql)?.query_row([], |row| unsigned(row, 0));
            Ok(Overview {
                events: one("SELECT coalesce(sum(next_seq - 1), 0) FROM stream WHERE name = 'site'")?,
                lots: one(include_str!("sql/count_lots.sql"))?,
                holds: one(include_str!("sql/count_holds.sql"))?,
                discrepancies: one("SELECT count(*) FROM discrepancy WHERE closed IS NULL")?,
                devices: devices(connection)?,
                open: open(connection)?,
                recent: recent(connection)?,
            })
        })
        .await
    }
}

fn devices(connection: &Connection) -> Result<Vec<DeviceRow>, StorageError> {
    let mut statement = connection.prepare_cached(include_str!("sql/devices.sql"))?;
    let rows = statement.query_map([], |row| {
        Ok(DeviceRow {
            name: row.get(0)?,
            device: DeviceId(Uuid::from_bytes(row.get(1)?)),
            last_contact: Timestamp(row.get(2)?),
            epoch: row.get(3)?,
            accepted: unsigned(row, 4)?,
            reported: unsigned(row, 5)?,
            skew_ms: row.get(6)?,
        })
    })?;
    Ok(rows.collect::<Result<_, _>>()?)
}

fn open(connection: &Connection) -> Result<Vec<DiscrepancyRow>, StorageError> {
    let mut statement = connection.prepare_cached(include_str!("sql/open_discrepancies.sql"))?;
    let rows = statement.query_map([], |row| {
        Ok(DiscrepancyRow {
            identity: row.get(0)?,
            stream_seq: unsigned(row, 1)?,
            kind: row.get(2)?,
            detail: row.get(3)?,
            opened: Timestamp(row.get(4)?),
        })
    })?;
    Ok(rows.collect::<Result<_, _>>()?)
}

fn recent(connection: &Connection) -> Result<Vec<RecentRow>, StorageError> {
    let mut statement = connection.prepare_cached(include_str!("sql/recent_events.sql"))?;
    let mut rows = statement.query([])?;
    let mut found = Vec::new();
    while let Some(row) = rows.next()? {
        let verdict = match status(row.get(2)?)? {
            Status::Accepted => "accepted",
            Status::Flagged => "flagged",
            Status::Quarantined => "quarantined",
            Status::Duplicate => "duplicate",
            Status::Refused => "refused",
        };
        found.push(RecentRow {
            stream_seq: unsigned(row, 0)?,
            kind: row.get(1)?,
            status: verdict.to_owned(),
            reason: row.get(3)?,
            device: row.get(4)?,
            received: Timestamp(row.get(5)?),
        });
    }
    Ok(found)
}
