//! The site's state as one file: written from one read transaction, kept by sequence, handed out until it is
//! too old.

use super::ask::{hold_state, progress};
use super::stream::{head, server_epoch};
use super::tx::{Row, Tx, values};
use super::{SnapshotFile, Storage, StorageError};
use crate::domain::{
    Destination, EventId, HuCode, ItemId, LocationId, LotKey, LotNumber, OrderId, Origin, PartyId, Place,
    Quantity, SerialNumber, SiteId, StockKey,
};
use crate::server::metrics::Metrics;
use crate::sync::wire::{Hash, Head, SNAPSHOT_UNDONE_MAX, ServerEpoch, SnapshotHeader, SnapshotRow, Stream};
use serde::Serialize;
use sha2::{Digest, Sha256};
use std::fs::File;
use std::io::{BufWriter, Write};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Instant;

/// zstd level: a snapshot is written once and read by every new device.
const ZSTD_LEVEL: i32 = 3;
/// Older files kept for devices that are still fetching one.
const FILES_KEPT: usize = 3;
/// Hexadecimal digits of the content's digest in a file's name.
const DIGITS: usize = 16;

impl Storage {
    /// A snapshot of the site that is at most `lag_max` entries behind its head; made where there is none.
    ///
    /// # Errors
    /// [`StorageError`] where the database cannot be read or the file cannot be written.
    pub async fn snapshot(&self, site: SiteId, lag_max: u64) -> Result<SnapshotFile, StorageError> {
        let this = self.clone();
        // A task of its own: whoever asked may go away, and the file of a large site is there when it asks again.
        let task = tokio::spawn(async move {
            // One at a time: who waits finds the file of who was first.
            let _turn = this.snapshot_turn.lock().await;
            let input = (this.snapshots(), site, lag_max, Arc::clone(&this.metrics));
            this.read(input, |input, tx| Box::pin(newest(input, tx))).await
        });
        task.await.map_err(|_| StorageError::Closed)?
    }

    /// The kept snapshot of that entity tag. Another server process may have made it and this one may not have it; then
    /// a new one is fetched from its beginning.
    ///
    /// # Errors
    /// [`StorageError`] where the folder cannot be read.
    pub async fn snapshot_tagged(
        &self,
        site: SiteId,
        etag: &str,
    ) -> Result<Option<SnapshotFile>, StorageError> {
        let epoch = self.identity().await?.epoch;
        Ok(kept(&self.snapshots(), site, epoch)?.into_iter().find(|file| file.etag == etag))
    }

    fn snapshots(&self) -> PathBuf {
        self.folder().join("snapshots")
    }
}

/// A kept file that is new enough, or a new one.
async fn newest(
    (folder, site, lag_max, metrics): &(PathBuf, SiteId, u64, Arc<Metrics>),
    tx: &mut dyn Tx,
) -> Result<SnapshotFile, StorageError> {
    std::fs::create_dir_all(folder)?;
    let epoch = server_epoch(tx).await?;
    let head = head(tx, *site, Stream::Site).await?;
    let kept = kept(folder, *site, epoch)?;
    // One of an empty ledger brings nobody any further, who then asks again at once.
    if let Some(newest) = kept.last()
        && (newest.seq > 0 || head.seq == 0)
        && newest.seq <= head.seq
        && head.seq - newest.seq <= *lag_max
    {
        return Ok(newest.clone());
    }
    for old in kept.iter().rev().skip(FILES_KEPT - 1) {
        let _ = std::fs::remove_file(&old.path);
    }
    let begun = Instant::now();
    let written = write(tx, folder, *site, epoch, head).await?;
    metrics.snapshot(begun.elapsed());
    Ok(written)
}

/// The finished snapshots of a site in this incarnation, oldest first.
fn kept(folder: &Path, site: SiteId, epoch: ServerEpoch) -> Result<Vec<SnapshotFile>, StorageError> {
    let prefix = format!("site-{site}-{}-", epoch.0.simple());
    let mut files = Vec::new();
    let Ok(entries) = std::fs::read_dir(folder) else { return Ok(files) };
    for entry in entries {
        let entry = entry?;
        let name = entry.file_name();
        let tag = name.to_str().and_then(|name| name.strip_prefix(&prefix)?.strip_suffix(".jsonl.zst"));
        if let Some((seq, digest)) = tag.and_then(|tag| tag.split_once('-'))
            && let Ok(seq) = seq.parse()
        {
            files.push(finished(entry.path(), epoch, seq, digest)?);
        }
    }
    files.sort_by_key(|file| file.seq);
    Ok(files)
}

/// Several server processes may hand out the same snapshot: an equal tag means equal content.
fn finished(path: PathBuf, epoch: ServerEpoch, seq: u64, digest: &str) -> Result<SnapshotFile, StorageError> {
    let bytes = std::fs::metadata(&path)?.len();
    Ok(SnapshotFile { path, seq, bytes, etag: format!("\"{}-{seq}-{digest}\"", epoch.0.simple()) })
}

async fn write(
    tx: &mut dyn Tx,
    folder: &Path,
    site: SiteId,
    server_epoch: ServerEpoch,
    head: Head,
) -> Result<SnapshotFile, StorageError> {
    let name = format!("site-{site}-{}-{}", server_epoch.0.simple(), head.seq);
    // Processes that share the folder write files of their own; the last one's name stands.
    let part = folder.join(format!("{name}.{}.part", std::process::id()));
    let packed = zstd::Encoder::new(BufWriter::new(File::create(&part)?), ZSTD_LEVEL)?;
    let mut lines = Lines { packed, sha: Sha256::new() };
    // The last line counts too.
    let rows = count(tx, site).await? + 1;
    let undone = undone(tx, site).await?;
    lines.put(&SnapshotHeader { stream: Stream::Site, server_epoch, head, rows, undone })?;
    self::rows(tx, site, &mut |row| lines.put(&row)).await?;
    let digest = Hash(lines.sha.clone().finalize().into());
    lines.put(&SnapshotRow::End { digest })?;
    let file = lines.packed.finish()?.into_inner().map_err(std::io::IntoInnerError::into_error)?;
    file.sync_all()?;
    let digest: String = digest.to_string().chars().take(DIGITS).collect();
    let path = folder.join(format!("{name}-{digest}.jsonl.zst"));
    std::fs::rename(&part, &path)?;
    finished(path, server_epoch, head.seq, &digest)
}

async fn count(tx: &mut dyn Tx, site: SiteId) -> Result<u64, StorageError> {
    let found = tx.row(include_str!("sql/snapshot_count.sql"), &values![site.0]).await?;
    found.map_or(Ok(0), |mut row| row.unsigned())
}

/// What was taken back, and by which event.
async fn undone(tx: &mut dyn Tx, site: SiteId) -> Result<Vec<(EventId, EventId)>, StorageError> {
    let most = i64::try_from(SNAPSHOT_UNDONE_MAX).unwrap_or(i64::MAX);
    let found = tx.rows(include_str!("sql/snapshot_undone.sql"), &values![site.0, most]).await?;
    found.into_iter().map(|mut row| Ok((row.event()?, row.event()?))).collect()
}

/// What is called with each row of a snapshot.
pub(super) type Put<'a> = dyn FnMut(SnapshotRow) -> Result<(), StorageError> + Send + 'a;

/// A statement, and how its rows are read.
type Part = (&'static str, fn(&mut Row) -> Result<SnapshotRow, StorageError>);

const PARTS: [Part; 7] = [
    (include_str!("sql/snapshot_lots.sql"), |row| {
        Ok(SnapshotRow::Lot { facts: row.json("lot")?, received: row.time()? })
    }),
    (include_str!("sql/snapshot_stock.sql"), stock),
    (include_str!("sql/snapshot_origins.sql"), |row| origin(row).map(SnapshotRow::Origin)),
    (include_str!("sql/snapshot_destinations.sql"), |row| destination(row).map(SnapshotRow::Destination)),
    (include_str!("sql/snapshot_progress.sql"), |row| progress(row).map(SnapshotRow::Progress)),
    (include_str!("sql/snapshot_holds.sql"), |row| hold_state(row).map(SnapshotRow::Hold)),
    (include_str!("sql/snapshot_closed.sql"), |row| Ok(SnapshotRow::Closed(OrderId(row.int()?)))),
];

/// Everything that a snapshot of the site says, one row at a time.
pub(super) async fn rows(tx: &mut dyn Tx, site: SiteId, put: &mut Put<'_>) -> Result<(), StorageError> {
    for (sql, read) in PARTS {
        tx.visit(sql, &values![site.0], &mut |mut row| {
            put(read(&mut row)?)?;
            Ok(true)
        })
        .await?;
    }
    Ok(())
}

/// `item, lot, serial, location, hu, units, since` as a balance.
fn stock(row: &mut Row) -> Result<SnapshotRow, StorageError> {
    Ok(SnapshotRow::Stock { key: stock_key(row)?, units: row.int()?, since: row.time()? })
}

/// `item, lot, serial, location, hu` as a key.
pub(super) fn stock_key(row: &mut Row) -> Result<StockKey, StorageError> {
    Ok(StockKey {
        item: ItemId(row.int()?),
        lot: row.label(LotNumber::new)?,
        serial: row.label(SerialNumber::new)?,
        place: Place { location: LocationId(row.int()?), hu: row.label(HuCode::new)? },
    })
}

fn lot_key(row: &mut Row) -> Result<LotKey, StorageError> {
    Ok(LotKey { item: ItemId(row.int()?), lot: row.label(LotNumber::new)? })
}

/// `item, lot, event, supplier, order, units, at` as an origin.
fn origin(row: &mut Row) -> Result<Origin, StorageError> {
    Ok(Origin {
        lot: lot_key(row)?,
        event: row.event()?,
        supplier: row.int_or_null()?.map(PartyId),
        order: row.int_or_null()?.map(OrderId),
        quantity: Quantity::balance(row.int()?),
        at: row.time()?,
    })
}

/// `item, lot, event, serial, line, order, customer, units, at` as a destination.
fn destination(row: &mut Row) -> Result<Destination, StorageError> {
    Ok(Destination {
        lot: lot_key(row)?,
        event: row.event()?,
        serial: row.label(SerialNumber::new)?,
        line: u32::try_from(row.int()?).ok(),
        order: OrderId(row.int()?),
        customer: PartyId(row.int()?),
        quantity: Quantity::balance(row.int()?),
        at: row.time()?,
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
