//! Master records: appended to their stream, the newest of an id counts.

use super::stream::{advance, head_and_lock};
use super::tx::{Kind, Many, Tx, json, values};
use super::{Storage, StorageError};
use crate::domain::{MasterRecord, SiteId};
use crate::sync::wire::{Hash, Head, Status, Stream};
use std::collections::BTreeMap;

static FIND: Many = Many::new(
    include_str!("sql/find_records.sql"),
    &[("n", Kind::Int), ("kind", Kind::Text), ("id", Kind::Int)],
);
static INSERT: Many = Many::new(
    include_str!("sql/insert_master.sql"),
    &[
        ("stream_seq", Kind::Int),
        ("kind", Kind::Text),
        ("id", Kind::Int),
        ("bytes", Kind::Text),
        ("stream_hash", Kind::Blob),
    ],
);
static SAVE: Many = Many::new(
    include_str!("sql/save_records.sql"),
    &[
        ("kind", Kind::Text),
        ("id", Kind::Int),
        ("stream_seq", Kind::Int),
        ("code", Kind::Text),
        ("name", Kind::Text),
    ],
);

impl Storage {
    /// Appends records to the site's master stream, all or none; records that are there already with equal
    /// content are left out.
    ///
    /// # Errors
    /// [`StorageError`] where nothing was saved.
    pub async fn append_master(
        &self,
        site: SiteId,
        records: Vec<MasterRecord>,
    ) -> Result<Head, StorageError> {
        let head = self.write((site, None, records), |input, tx| Box::pin(append(input, tx))).await?;
        head.ok_or(StorageError::Raced)
    }

    /// As [`append_master`](Self::append_master), if `from` is still the stream's head.
    ///
    /// # Errors
    /// [`StorageError::Raced`] where it is not; [`StorageError`] where nothing was saved.
    pub async fn append_master_after(
        &self,
        site: SiteId,
        from: Head,
        records: Vec<MasterRecord>,
    ) -> Result<Head, StorageError> {
        let head = self.write((site, Some(from), records), |input, tx| Box::pin(append(input, tx))).await?;
        head.ok_or(StorageError::Raced)
    }
}

/// `None` where the stream's head is not the one that was asked for.
pub(super) async fn append(
    (site, after, records): &(SiteId, Option<Head>, Vec<MasterRecord>),
    tx: &mut dyn Tx,
) -> Result<Option<Head>, StorageError> {
    let from = head_and_lock(tx, *site, Stream::Master).await?;
    if after.is_some_and(|after| after != from) {
        return Ok(None);
    }
    let keys: Vec<_> = records.iter().map(key).collect();
    let asked: Vec<_> = (0_i64..).zip(&keys).map(|(n, (kind, id))| values![n, *kind, *id].to_vec()).collect();
    let mut newest = BTreeMap::new();
    for mut row in tx.find(&FIND, site.0, &asked).await? {
        if let Some(key) = keys.get(row.unsigned()? as usize) {
            newest.insert(*key, row.text()?);
        }
    }
    let (mut to, mut rows, mut saved) = (from, Vec::new(), BTreeMap::new());
    for (record, key) in records.iter().zip(&keys) {
        let bytes = json(record)?;
        if newest.get(key) == Some(&bytes) {
            continue;
        }
        let seq = to.seq + 1;
        to = Head { seq, hash: Hash::chain_stream(to.hash, seq, Status::Accepted, bytes.as_bytes()) };
        rows.push(values![seq, key.0, key.1, bytes.as_str(), to.hash].to_vec());
        let (code, name) = found_by(record);
        saved.insert(*key, values![key.0, key.1, seq, code, name.to_lowercase()].to_vec());
        newest.insert(*key, bytes);
    }
    if rows.is_empty() {
        return Ok(Some(from));
    }
    tx.put(&INSERT, site.0, rows).await?;
    tx.put(&SAVE, site.0, saved.into_values().collect()).await?;
    advance(tx, *site, Stream::Master, from, to).await?;
    Ok(Some(to))
}

pub(super) fn key(record: &MasterRecord) -> (&'static str, i64) {
    match record {
        MasterRecord::Site(site) => ("site", site.id.0),
        MasterRecord::Item(item) => ("item", item.id.0),
        MasterRecord::Location(location) => ("location", location.id.0),
        MasterRecord::Party(party) => ("party", party.id.0),
        MasterRecord::Order(order) => ("order", order.id.0),
        MasterRecord::User(user) => ("user", user.id.0),
    }
}

/// What people look a record up by: its code and its name.
fn found_by(record: &MasterRecord) -> (&str, &str) {
    match record {
        MasterRecord::Site(site) => ("", &site.name),
        MasterRecord::Item(item) => (&item.code, &item.name),
        MasterRecord::Location(location) => (&location.code, ""),
        MasterRecord::Party(party) => (&party.code, &party.name),
        MasterRecord::Order(order) => (&order.number, ""),
        MasterRecord::User(user) => (&user.badge, &user.name),
    }
}
