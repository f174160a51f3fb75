//! What the server was heard to say of the site's ledger, and this device's own chain: what a checkpoint is held against.
//!
//! A device does not keep the ledger, but it has computed the ledger's chain at every entry that it read, and the chain at one
//! entry speaks for all before it. So whoever rewrites a ledger is found out by every device that has read it.

use super::migrate;
use super::open::connect;
use super::outbox::hash;
use super::row::{signed, unsigned};
use super::{Reader, Store, StoreError};
use crate::domain::PublicKey;
use crate::sync::wire::{EventEntry, Hash, Head, ServerEpoch};
use rusqlite::{Connection, OpenFlags, OptionalExtension};
use std::cell::{Cell, RefCell};
use std::path::Path;

/// Entries of an incarnation that are remembered: some 1.5 MB.
pub const HEARD_MAX: u64 = 20_000;

impl Reader {
    /// Looks into a file that may be in use by the app.
    ///
    /// # Errors
    /// [`StoreError`] where it is none of ours, or cannot be read.
    pub fn open(path: &Path) -> Result<Self, StoreError> {
        let address = path.to_string_lossy().into_owned();
        let db = connect(&address, OpenFlags::SQLITE_OPEN_READ_ONLY)?;
        if migrate::check(&db)? {
            return Err(StoreError::Foreign);
        }
        let (stops, suspected) = (RefCell::default(), Cell::new(false));
        Ok(Self { db, capacity: 0, stops, is_writer: false, address, suspected })
    }

    /// The ledger's chain at an entry, where this device has read it itself in that incarnation.
    ///
    /// # Errors
    /// See [`StoreError`].
    pub fn heard(&self, epoch: ServerEpoch, seq: u64) -> Result<Option<Hash>, StoreError> {
        let mut query = self.db.prepare_cached("SELECT hash FROM heard WHERE epoch = ?1 AND seq = ?2")?;
        let found = query.query_row((epoch.0.as_bytes(), signed(seq)), |row| hash(row, 0));
        Ok(found.optional()?)
    }

    /// What the server signs checkpoints with, as it said when it was first asked.
    ///
    /// # Errors
    /// See [`StoreError`].
    pub fn checkpoint_key(&self) -> Result<Option<PublicKey>, StoreError> {
        let sql = "SELECT checkpoint_key FROM contact";
        let found: Option<[u8; 32]> = self.db.query_row(sql, (), |row| row.get(0))?;
        Ok(found.map(PublicKey))
    }

    /// Reads this device's own events from the oldest that is kept; how many, and the first one (epoch, sequence) whose
    /// hash is not that of its bytes behind the one before.
    ///
    /// # Errors
    /// See [`StoreError`].
    pub fn check_chain(&self) -> Result<(u64, Option<(u32, u64)>), StoreError> {
        let mut query = self.db.prepare("SELECT epoch, seq, hash, bytes FROM event ORDER BY epoch, seq")?;
        let mut rows = query.query(())?;
        let (mut at, mut events) = ((0, Head::default()), 0);
        while let Some(row) = rows.next()? {
            let (epoch, seq, stored): (u32, _, _) = (row.get(0)?, unsigned(row, 1)?, hash(row, 2)?);
            let (of, before) = at;
            let first = seq == 1;
            let prev = if first { Hash::default() } else { before.hash };
            // What was removed from the front leaves nothing to compare the next one with.
            let follows = first || (of == epoch && before.seq + 1 == seq);
            let bytes: String = row.get(3)?;
            if follows && Hash::chain(prev, bytes.as_bytes()) != stored {
                return Ok((events, Some((epoch, seq))));
            }
            at = (epoch, Head { seq, hash: stored });
            events += 1;
        }
        Ok((events, None))
    }
}

impl Store {
    /// Keeps what the server signs checkpoints with: the first word counts.
    ///
    /// # Errors
    /// See [`StoreError`].
    pub fn trust_checkpoints(&mut self, key: PublicKey) -> Result<(), StoreError> {
        if self.checkpoint_key()?.is_some() {
            return Ok(());
        }
        let sql = "UPDATE contact SET checkpoint_key = ?1 WHERE checkpoint_key IS NULL";
        self.write(|tx| Ok(tx.execute(sql, [key.0])?))?;
        Ok(())
    }
}

/// Remembers the chain at each of these entries, which follow `from`.
pub(super) fn remember<'a>(
    db: &Connection,
    from: Head,
    entries: impl Iterator<Item = &'a EventEntry>,
) -> Result<(), StoreError> {
    let mut at = from;
    for entry in entries {
        let seq = entry.stream_seq;
        at = Head { seq, hash: Hash::chain_stream(at.hash, seq, entry.status, entry.bytes.as_bytes()) };
        put(db, at)?;
    }
    forget(db, at)
}

/// Remembers the chain at one entry.
pub(super) fn put(db: &Connection, at: Head) -> Result<(), StoreError> {
    let row = (signed(at.seq), at.hash.0);
    db.prepare_cached(include_str!("sql/heard_put.sql"))?.execute(row)?;
    Ok(())
}

fn forget(db: &Connection, newest: Head) -> Result<(), StoreError> {
    let sql = "DELETE FROM heard WHERE epoch = (SELECT server_epoch FROM device) AND seq <= ?1";
    let last = newest.seq.saturating_sub(HEARD_MAX);
    db.prepare_cached(sql)?.execute([signed(last)])?;
    Ok(())
}
