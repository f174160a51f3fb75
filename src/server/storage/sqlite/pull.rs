//! Pages of the three streams: always a prefix, never a gap.

use super::super::{Cursor, DeviceAuth};
use super::enrol::newest_chain;
use super::row::{int, status, unsigned};
use super::{Storage, StorageError, head};
use crate::domain::{DeviceId, SiteId, Timestamp};
use crate::sync::wire::{Conflict, EventEntry, Hash, Head, MasterEntry, PULL_ENTRIES_MAX, PullReply, Stream};
use rusqlite::{Connection, OptionalExtension as _, Row, params};
use uuid::Uuid;

/// A page ends with the entry that passes this, so that a page of large events stays handy.
const PAGE_BYTES_MAX: usize = 4 * 1024 * 1024;

impl Storage {
    /// The entries after a cursor, or the conflict where the cursor is not on this stream.
    ///
    /// # Errors
    /// [`StorageError`] where the database cannot be read.
    pub async fn pull(
        &self,
        device: DeviceAuth,
        cursor: Cursor,
    ) -> Result<Result<PullReply, Conflict>, StorageError> {
        let server_epoch = self.identity.epoch;
        self.read(move |connection| {
            let (epoch, device_last_seq) = newest_chain(connection, device.site, device.device)?;
            if cursor.epoch != server_epoch || !is_on_stream(connection, device.site, &cursor)? {
                return Ok(Err(Conflict::EpochChanged { server_epoch, device_last_seq }));
            }
            let mut reply = page(connection, device.site, &cursor)?;
            reply.backed_up_through = backed_up(connection, device, epoch)?;
            Ok(Ok(reply))
        })
        .await
    }
}

fn is_on_stream(connection: &Connection, site: SiteId, cursor: &Cursor) -> Result<bool, StorageError> {
    if cursor.after.seq == 0 {
        return Ok(cursor.after.hash == Hash::default());
    }
    let sql = match cursor.stream {
        Stream::Control => "SELECT stream_hash FROM control WHERE site = ?1 AND stream_seq = ?2",
        Stream::Master => "SELECT stream_hash FROM master WHERE site = ?1 AND stream_seq = ?2",
        Stream::Site => "SELECT stream_hash FROM event WHERE site = ?1 AND stream_seq = ?2",
    };
    let found: Option<[u8; 32]> = connection
        .prepare_cached(sql)?
        .query_row(params![site.0, int(cursor.after.seq)], |row| row.get(0))
        .optional()?;
    Ok(found == Some(cursor.after.hash.0))
}

fn page(connection: &Connection, site: SiteId, cursor: &Cursor) -> Result<PullReply, StorageError> {
    let mut reply = PullReply {
        stream: cursor.stream,
        events: Vec::new(),
        records: Vec::new(),
        next: cursor.after,
        head: head(connection, site, cursor.stream)?,
        backed_up_through: 0,
    };
    let sql = match cursor.stream {
        Stream::Control => include_str!("sql/page_control.sql"),
        Stream::Master => include_str!("sql/page_master.sql"),
        Stream::Site => include_str!("sql/page_site.sql"),
    };
    let limit = cursor.limit.clamp(1, PULL_ENTRIES_MAX);
    let mut statement = connection.prepare_cached(sql)?;
    let mut rows = statement.query(params![site.0, int(cursor.after.seq), limit as i64])?;
    let mut bytes = 0;
    while bytes < PAGE_BYTES_MAX
        && let Some(row) = rows.next()?
    {
        if cursor.stream == Stream::Master {
            let record = MasterEntry { stream_seq: unsigned(row, 0)?, bytes: row.get(1)? };
            reply.next = Head { seq: record.stream_seq, hash: Hash(row.get(2)?) };
            bytes += record.bytes.len();
            reply.records.push(record);
        } else {
            let entry = event_entry(row)?;
            reply.next = Head { seq: entry.stream_seq, hash: Hash(row.get(7)?) };
            bytes += entry.bytes.len();
            reply.events.push(entry);
        }
    }
    Ok(reply)
}

fn event_entry(row: &Row<'_>) -> Result<EventEntry, StorageError> {
    Ok(EventEntry {
        stream_seq: unsigned(row, 0)?,
        status: status(row.get(1)?)?,
        received: Timestamp(row.get(2)?),
        device: DeviceId(Uuid::from_bytes(row.get(3)?)),
        epoch: row.get(4)?,
        seq: unsigned(row, 5)?,
        bytes: row.get(6)?,
    })
}

fn backed_up(connection: &Connection, device: DeviceAuth, epoch: u32) -> Result<u64, StorageError> {
    Ok(connection
        .prepare_cached(include_str!("sql/backed_up.sql"))?
        .query_row(params![device.site.0, device.device.0.as_bytes(), epoch], |row| unsigned(row, 0))?)
}
