//! The tree over a site's ledger, beside the ledger's counter.
//!
//! Whoever appends has the counter's row locked, has read the tree with it, and writes both in one statement: the tree is
//! always that of exactly the entries before the counter, whichever process wrote them. Where an older program wrote
//! entries, the tree stays behind; appending leaves it there, and [`Storage::grow_trees`] makes it good in pieces.

use super::stream::{head_and_tree, identity};
use super::tx::{Row, Tx, Value, values};
use super::{Storage, StorageError};
use crate::domain::{SiteId, Timestamp};
use crate::sync::wire::{Checkpoint, Hash, Leaf, Status};

/// Entries added to a tree that stayed behind, in one transaction: pushes wait for it.
const GROW_ENTRIES: u64 = 5_000;

/// What is read of an entry for its leaf and its chain.
pub(super) struct Entry {
    pub(super) stream_seq: u64,
    pub(super) status: Status,
    pub(super) bytes: String,
    pub(super) stream_hash: Hash,
    received: Timestamp,
    skew_ms: i64,
    device: crate::domain::DeviceId,
    epoch: u32,
    seq: u64,
    hash: Hash,
    reason: String,
}

impl Entry {
    /// The first columns of `verify_site.sql` and `page_leaves.sql`.
    pub(super) fn read(row: &mut Row) -> Result<Self, StorageError> {
        Ok(Self {
            stream_seq: row.unsigned()?,
            status: row.status()?,
            bytes: row.text()?,
            stream_hash: row.hash()?,
            received: row.time()?,
            skew_ms: row.int()?,
            device: row.device()?,
            epoch: row.small()?,
            seq: row.unsigned()?,
            hash: row.hash()?,
            reason: row.text()?,
        })
    }

    pub(super) fn leaf(&self) -> Hash {
        let Self { stream_seq, status, received, skew_ms, device, epoch, seq, hash, .. } = *self;
        let (reason, bytes) = (self.reason.as_str(), self.bytes.as_str());
        Leaf { stream_seq, status, received, skew_ms, device, epoch, seq, hash, reason, bytes }.hash()
    }
}

impl Storage {
    /// Lets the trees of all sites catch up with their ledgers, in pieces; nothing to do where this program wrote all.
    ///
    /// # Errors
    /// [`StorageError`] where the database cannot be read or written.
    pub async fn grow_trees(&self) -> Result<(), StorageError> {
        for site in self.read((), |(), tx| Box::pin(sites(tx))).await? {
            while !self.write(site, |site, tx| Box::pin(grow(*site, tx))).await? {}
        }
        Ok(())
    }

    /// What is true of each site's ledger now.
    ///
    /// # Errors
    /// [`StorageError`] where the database cannot be read, or an older program has written in between.
    pub async fn checkpoints(&self, now: Timestamp) -> Result<Vec<Checkpoint>, StorageError> {
        self.grow_trees().await?;
        self.read(now, |now, tx| Box::pin(checkpoints(*now, tx))).await
    }
}

/// Sites that have a ledger.
async fn sites(tx: &mut dyn Tx) -> Result<Vec<SiteId>, StorageError> {
    let rows = tx.rows("SELECT site FROM stream WHERE name = 'site' ORDER BY site", &[]).await?;
    rows.into_iter().map(|mut row| row.int().map(SiteId)).collect()
}

/// One piece; true where the tree is that of the whole ledger.
async fn grow(site: SiteId, tx: &mut dyn Tx) -> Result<bool, StorageError> {
    let (head, tree) = head_and_tree(tx, site, true).await?;
    let Some(mut tree) = tree.filter(|tree| tree.size() < head.seq) else { return Ok(true) };
    let mut dense = true;
    let params = values![site.0, tree.size(), GROW_ENTRIES];
    tx.visit(include_str!("sql/page_leaves.sql"), &params, &mut |mut row| {
        let entry = Entry::read(&mut row)?;
        dense &= entry.stream_seq == tree.size() + 1;
        tree.push(entry.leaf());
        Ok(dense)
    })
    .await?;
    if !dense || tree.size() > head.seq {
        return Err(StorageError::Damaged { what: "ledger" });
    }
    let sql = "UPDATE stream SET tree = ?2 WHERE site = ?1 AND name = 'site'";
    tx.execute(sql, &[Value::from(site.0), Value::Blob(tree.to_bytes())]).await?;
    Ok(tree.size() == head.seq)
}

async fn checkpoints(time: Timestamp, tx: &mut dyn Tx) -> Result<Vec<Checkpoint>, StorageError> {
    let known = identity(&(), tx).await?;
    let mut all = Vec::new();
    for site in sites(tx).await? {
        let (head, tree) = head_and_tree(tx, site, false).await?;
        let tree = tree.filter(|tree| tree.size() == head.seq).ok_or(StorageError::Raced)?;
        all.push(Checkpoint {
            server: known.server_id,
            site,
            epoch: known.epoch,
            size: head.seq,
            root: tree.root(),
            chain: head.hash,
            time,
        });
    }
    Ok(all)
}
