//! The site's state as one file: written from one read transaction, kept by sequence, handed out until it is
//! too old.

use super::super::SnapshotFile;
use super::facts::{hold_state, label, progress};
use super::project::parse;
use super::row::unsigned;
use super::{Storage, StorageError, head};
use crate::domain::{
    Destination, EventId, HuCode, ItemId, LocationId, LotKey, LotNumber, OrderId, Origin, PartyId, Place,
    Quantity, SerialNumber, SiteId, StockKey, Timestamp,
};
use crate::sync::wire::{Hash, Head, ServerEpoch, SnapshotHeader, SnapshotRow, Stream};
use rusqlite::{Connection, Row, params};
use serde::Serialize;
use sha2::{Digest, Sha256};
use std::fs::File;
use std::io::{BufWriter, Write};
use std::path::{Path, PathBuf};
use uuid::Uuid;

/// zstd level: a snapshot is written once and read by every new device.
const ZSTD_LEVEL: i32 = 3;
/// Older files kept for devices that are still fetching one.
const FILES_KEPT: usize = 3;

impl Storage {
    /// A snapshot of the site that is at most `lag_max` entries behind its head; made where there is none.
    ///
    /// # Errors
    /// [`StorageError`] where the database cannot be read or the file cannot be written.
    pub async fn snapshot(&self, site: SiteId, lag_max: u64) -> Result<SnapshotFile, StorageError> {
        let (folder, epoch) = (self.snapshots(), self.identity.epoch);
        // One at a time: who waits finds the file of who was first.
        let _turn = self.snapshot_turn.lock().await;
        self.read(move |connection| {
            std::fs::create_dir_all(&folder)?;
            let head = head(connection, site, Stream::Site)?;
            let kept = kept(&folder, site, epoch)?;
            if let Some(newest) = kept.last()
                && newest.seq <= head.seq
                && head.seq - newest.seq <= lag_max
            {
                return Ok(newest.clone());
            }
            for old in kept.iter().rev().skip(FILES_KEPT - 1) {
                let _ = std::fs::remove_file(&old.path);
            }
            write(connection, &folder, site, epoch, head)
        })
        .await
    }

    /// The kept snapshot of that entity tag.
    ///
    /// # Errors
    /// [`StorageError`] where the folder cannot be read.
    pub async fn snapshot_tagged(
        &self,
        site: SiteId,
        etag: &str,
    ) -> Result<Option<SnapshotFile>, StorageError> {
        let (folder, epoch) = (self.snapshots(), self.identity.epoch);
        Ok(kept(&folder, site, epoch)?.into_iter().find(|file| file.etag == etag))
    }

    fn snapshots(&self) -> PathBuf {
        self.folder().join("snapshots")
    }
}

/// The finished snapshots of a site in this incarnation, oldest first.
fn kept(folder: &Path, site: SiteId, epoch: ServerEpoch) -> Result<Vec<SnapshotFile>, StorageError> {
    let prefix = format!("site-{site}-{}-", epoch.0.simple());
    let mut files = Vec::new();
    let Ok(entries) = std::fs::read_dir(folder) else { return Ok(files) };
    for entry in entries {
        let entry = entry?;
        let name = entry.file_name();
        let seq = name.to_str().and_then(|name| name.strip_prefix(&prefix)?.strip_suffix(".jsonl.zst"));
        if let Some(seq) = seq.and_then(|seq| seq.parse().ok()) {
            files.push(finished(entry.path(), site, epoch, seq)?);
        }
    }
    files.sort_by_key(|file| file.seq);
    Ok(files)
}

fn finished(path: PathBuf, site: SiteId, epoch: ServerEpoch, seq: u64) -> Result<SnapshotFile, StorageError> {
    let bytes = std::fs::metadata(&path)?.len();
    Ok(SnapshotFile { path, seq, bytes, etag: format!("\"{site}-{}-{seq}\"", epoch.0.simple()) })
}

fn write(
    connection: &Connection,
    folder: &Path,
    site: SiteId,
    server_epoch: ServerEpoch,
    head: Head,
) -> Result<SnapshotFile, StorageError> {
    let path = folder.join(format!("site-{site}-{}-{}.jsonl.zst", server_epoch.0.simple(), head.seq));
    let part = path.with_extension("part");
    let packed = zstd::Encoder::new(BufWriter::new(File::create(&part)?), ZSTD_LEVEL)?;
    let mut lines = Lines { packed, sha: Sha256::new() };
    // The last line counts too.
    let following = count(connection, site)? + 1;
    lines.put(&SnapshotHeader { stream: Stream::Site, server_epoch, head, rows: following })?;
    rows(connection, site, |row| lines.put(&row))?;
    let digest = Hash(lines.sha.clone().finalize().into());
    lines.put(&SnapshotRow::End { digest })?;
    let file = lines.packed.finish()?.into_inner().map_err(std::io::IntoInnerError::into_error)?;
    file.sync_all()?;
    std::fs::rename(&part, &path)?;
    finished(path, site, server_epoch, head.seq)
}

fn count(connection: &Connection, site: SiteId) -> Result<u64, StorageError> {
    Ok(connection.query_row(include_str!("sql/snapshot_count.sql"), [site.0], |row| unsigned(row, 0))?)
}

/// Everything that a snapshot of the site says, one row at a time.
pub(super) fn rows(
    connection: &Connection,
    site: SiteId,
    mut put: impl FnMut(SnapshotRow) -> Result<(), StorageError>,
) -> Result<(), StorageError> {
    let mut each = |sql: &str, read: fn(&Row<'_>) -> Result<SnapshotRow, StorageError>| {
        let mut statement = connection.prepare(sql)?;
        let mut rows = statement.query(params![site.0])?;
        while let Some(row) = rows.next()? {
            put(read(row)?)?;
        }
        Ok::<(), StorageError>(())
    };
    each(include_str!("sql/snapshot_lots.sql"), |row| {
        let facts = parse(&row.get::<_, String>(0)?, "lot")?;
        Ok(SnapshotRow::Lot { facts, received: Timestamp(row.get(1)?) })
    })?;
    each(include_str!("sql/snapshot_stock.sql"), stock)?;
    each(include_str!("sql/snapshot_origins.sql"), |row| Ok(SnapshotRow::Origin(origin(row)?)))?;
    each(include_str!("sql/snapshot_destinations.sql"), |row| {
        Ok(SnapshotRow::Destination(destination(row)?))
    })?;
    each(include_str!("sql/snapshot_progress.sql"), |row| Ok(SnapshotRow::Progress(progress(row)?)))?;
    each(include_str!("sql/snapshot_holds.sql"), |row| Ok(SnapshotRow::Hold(hold_state(row)?)))?;
    each(include_str!("sql/snapshot_closed.sql"), |row| Ok(SnapshotRow::Closed(OrderId(row.get(0)?))))
}

/// `item, lot, serial, location, hu, units, since` as a balance.
fn stock(row: &Row<'_>) -> Result<SnapshotRow, StorageError> {
    let key = stock_key(row)?;
    Ok(SnapshotRow::Stock { key, units: row.get(5)?, since: Timestamp(row.get(6)?) })
}

/// `item, lot, serial, location, hu` as a key.
pub(super) fn stock_key(row: &Row<'_>) -> Result<StockKey, StorageError> {
    Ok(StockKey {
        item: ItemId(row.get(0)?),
        lot: label(row, 1, LotNumber::new)?,
        serial: label(row, 2, SerialNumber::new)?,
        place: Place { location: LocationId(row.get(3)?), hu: label(row, 4, HuCode::new)? },
    })
}

fn lot_key(row: &Row<'_>) -> Result<LotKey, StorageError> {
    Ok(LotKey { item: ItemId(row.get(0)?), lot: label(row, 1, LotNumber::new)? })
}

/// `item, lot, event, supplier, order, units, at` as an origin.
fn origin(row: &Row<'_>) -> Result<Origin, StorageError> {
    Ok(Origin {
        lot: lot_key(row)?,
        event: EventId(Uuid::from_bytes(row.get(2)?)),
        supplier: row.get::<_, Option<i64>>(3)?.map(PartyId),
        order: row.get::<_, Option<i64>>(4)?.map(OrderId),
        quantity: Quantity::balance(row.get(5)?),
        at: Timestamp(row.get(6)?),
    })
}

/// `item, lot, event, serial, line, order, customer, units, at` as a destination.
fn destination(row: &Row<'_>) -> Result<Destination, StorageError> {
    Ok(Destination {
        lot: lot_key(row)?,
        event: EventId(Uuid::from_bytes(row.get(2)?)),
        serial: label(row, 3, SerialNumber::new)?,
        line: u32::try_from(row.get::<_, i64>(4)?).ok(),
        order: OrderId(row.get(5)?),
        customer: PartyId(row.get(6)?),
        quantity: Quantity::balance(row.get(7)?),
        at: Timestamp(row.get(8)?),
    })
}

/// JSON lines on their way into the file, and their digest.
struct Lines<W: Write> {
    packed: zstd::Encoder<'static, W>,
    sha: Sha256,
}

impl<W: Write> Lines<W> {
    fn put(&mut self, line: &impl Serialize) -> Result<(), StorageError> {
        let mut bytes = serde_json::to_vec(line).map_err(|_| StorageError::Damaged { what: "row" })?;
        bytes.push(b'\n');
        self.sha.update(&bytes);
        self.packed.write_all(&bytes)?;
        Ok(())
    }
}
