//! One box for lots, orders, items, places, parties and devices.

use crate::domain::{DeviceId, ItemId, LocationId, LotKey, LotNumber, MasterRecord, SiteId};
use crate::server::storage::tx::{Tx, values};
use crate::server::storage::{Storage, StorageError};

/// Most hits of a kind.
const HITS_MAX: u64 = 20;

/// Something that was found.
#[derive(Debug, Clone)]
pub enum Hit {
    /// A lot by its number.
    Lot(LotKey),
    /// A record by its code, or by a part of its name.
    Record(Box<MasterRecord>),
    /// A device by its name.
    Device(DeviceId, String),
    /// Stock in a handling unit with that code.
    Hu(ItemId, Option<LotNumber>, LocationId),
}

impl Storage {
    /// What goes by that text: exact codes first, then codes that begin with it, then names that hold it.
    ///
    /// # Errors
    /// [`StorageError`] where the database cannot be read.
    pub async fn search(&self, site: SiteId, text: &str) -> Result<Vec<Hit>, StorageError> {
        self.read((site, text.trim().to_owned()), |input, tx| Box::pin(search(input, tx))).await
    }

    /// The record of a kind (`item`, `location`, `party`, `order`) with exactly that code; the newest where several
    /// have it.
    ///
    /// # Errors
    /// [`StorageError`] where the database cannot be read.
    pub async fn record_by_code(
        &self,
        site: SiteId,
        kind: &'static str,
        code: &str,
    ) -> Result<Option<MasterRecord>, StorageError> {
        self.read((site, kind, code.to_owned()), |input, tx| Box::pin(by_code(input, tx))).await
    }
}

async fn by_code(
    (site, kind, code): &(SiteId, &'static str, String),
    tx: &mut dyn Tx,
) -> Result<Option<MasterRecord>, StorageError> {
    if code.contains('\0') {
        return Ok(None);
    }
    let sql = include_str!("../sql/console_record_by_code.sql");
    let found = tx.row(sql, &values![site.0, *kind, code.as_str()]).await?;
    found.map(|mut row| row.json("record")).transpose()
}

async fn search((site, text): &(SiteId, String), tx: &mut dyn Tx) -> Result<Vec<Hit>, StorageError> {
    let mut hits = Vec::new();
    if text.is_empty() || text.contains('\0') {
        return Ok(hits);
    }
    let begins = format!("{}%", escaped(text));
    let holds = format!("%{}%", escaped(&text.to_lowercase()));
    let lots = include_str!("../sql/console_search_lots.sql");
    for mut row in tx.rows(lots, &values![site.0, text.as_str(), HITS_MAX]).await? {
        hits.push(Hit::Lot(LotKey { item: ItemId(row.int()?), lot: row.label(LotNumber::new)? }));
    }
    let records = include_str!("../sql/console_search_records.sql");
    let params = values![site.0, text.as_str(), begins, holds.as_str(), HITS_MAX * 2];
    for mut row in tx.rows(records, &params).await? {
        hits.push(Hit::Record(Box::new(row.json("record")?)));
    }
    let devices = include_str!("../sql/console_search_devices.sql");
    for mut row in tx.rows(devices, &values![site.0, holds, HITS_MAX]).await? {
        hits.push(Hit::Device(row.device()?, row.text()?));
    }
    let hus = include_str!("../sql/console_search_hus.sql");
    for mut row in tx.rows(hus, &values![site.0, text.as_str(), HITS_MAX]).await? {
        hits.push(Hit::Hu(ItemId(row.int()?), row.label(LotNumber::new)?, LocationId(row.int()?)));
    }
    Ok(hits)
}

fn escaped(text: &str) -> String {
    text.replace('\\', "\\\\").replace('%', "\\%").replace('_', "\\_")
}
