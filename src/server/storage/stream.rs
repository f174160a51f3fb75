//! Streams: their counters, and the entries that pull hands out, always a prefix, never a gap.

use super::tx::{Row, Tx, Value, values};
use super::{Cursor, DeviceAuth, Identity, StorageError};
use crate::domain::{DeviceId, SiteId};
use crate::sync::wire::{
    Conflict, EventEntry, Hash, Head, Heads, MasterEntry, PULL_ENTRIES_MAX, PullReply, ServerEpoch, Stream,
    Tree,
};

/// A page ends with the entry that passes this, so that a page of large events stays handy.
const PAGE_BYTES_MAX: usize = 4 * 1024 * 1024;

const HEAD: &str = "SELECT next_seq - 1, head_hash, tree FROM stream WHERE site = ?1 AND name = ?2";

/// Which server this is, by the database alone.
pub(super) async fn identity((): &(), tx: &mut dyn Tx) -> Result<Identity, StorageError> {
    let found = tx.row("SELECT server_id, server_epoch FROM server WHERE id = 1", &[]).await?;
    let mut row = found.ok_or(StorageError::Damaged { what: "server" })?;
    Ok(Identity { server_id: row.uuid()?, epoch: ServerEpoch(row.uuid()?) })
}

pub(super) async fn server_epoch(tx: &mut dyn Tx) -> Result<ServerEpoch, StorageError> {
    Ok(identity(&(), tx).await?.epoch)
}

/// The newest entry of a stream; of an empty one where the site is new.
pub(super) async fn head(tx: &mut dyn Tx, site: SiteId, stream: Stream) -> Result<Head, StorageError> {
    read_head(tx.row(HEAD, &values![site.0, stream.name()]).await?)
}

/// The same, and nobody else appends to the stream until this transaction ends.
pub(super) async fn head_and_lock(
    tx: &mut dyn Tx,
    site: SiteId,
    stream: Stream,
) -> Result<Head, StorageError> {
    read_head(locked(tx, site, stream).await?)
}

/// The newest entry of a site's ledger and the tree over it as it is stored: one that stays behind where an older
/// program wrote, none where it cannot be read. `lock`: see [`head_and_lock`].
pub(super) async fn head_and_tree(
    tx: &mut dyn Tx,
    site: SiteId,
    lock: bool,
) -> Result<(Head, Option<Tree>), StorageError> {
    let stream = Stream::Site;
    let found = if lock {
        locked(tx, site, stream).await?
    } else {
        tx.row(HEAD, &values![site.0, stream.name()]).await?
    };
    let Some(mut row) = found else { return Ok((Head::default(), Some(Tree::default()))) };
    let head = Head { seq: row.unsigned()?, hash: row.hash()? };
    let tree = match row.value() {
        Value::Null => Some(Tree::default()),
        Value::Blob(bytes) => Tree::from_bytes(&bytes),
        _ => None,
    };
    Ok((head, tree))
}

async fn locked(tx: &mut dyn Tx, site: SiteId, stream: Stream) -> Result<Option<Row>, StorageError> {
    let sql = format!("{HEAD} {}", tx.lock());
    let params = values![site.0, stream.name()];
    let found = tx.row(&sql, &params).await?;
    if found.is_some() || tx.lock().is_empty() {
        return Ok(found);
    }
    // What is not there cannot be locked: the first two pushes of a site would not wait for each other.
    let new = values![site.0, stream.name(), Hash::default()];
    tx.execute(include_str!("sql/insert_stream.sql"), &new).await?;
    tx.row(&sql, &params).await
}

fn read_head(found: Option<Row>) -> Result<Head, StorageError> {
    let Some(mut row) = found else { return Ok(Head::default()) };
    Ok(Head { seq: row.unsigned()?, hash: row.hash()? })
}

pub(super) async fn heads(tx: &mut dyn Tx, site: SiteId) -> Result<Heads, StorageError> {
    Ok(Heads {
        control: head(tx, site, Stream::Control).await?,
        master: head(tx, site, Stream::Master).await?,
        site: head(tx, site, Stream::Site).await?,
    })
}

/// Moves a stream's counter from `from` to `to`: the last statement of whoever appends, so that the order of commits is
/// the order of entries. Somebody who was faster is found out here, whether or not the counter was locked before.
pub(super) async fn advance(
    tx: &mut dyn Tx,
    site: SiteId,
    stream: Stream,
    from: Head,
    to: Head,
) -> Result<(), StorageError> {
    if from == to {
        return Ok(());
    }
    let params = values![site.0, stream.name(), to.seq - from.seq, to.hash, from.seq + 1];
    moved(tx.row(include_str!("sql/advance.sql"), &params).await?, to)
}

/// The same for a site's ledger, with the tree over it; `None` leaves a tree that stays behind where it is.
pub(super) async fn advance_site(
    tx: &mut dyn Tx,
    site: SiteId,
    from: Head,
    to: Head,
    tree: Option<&Tree>,
) -> Result<(), StorageError> {
    if from == to {
        return Ok(());
    }
    let tree = tree.map_or(Value::Null, |tree| Value::Blob(tree.to_bytes()));
    let (name, next) = (Stream::Site.name(), from.seq + 1);
    let params = values![site.0, name, to.seq - from.seq, to.hash, next, tree];
    moved(tx.row(include_str!("sql/advance_site.sql"), &params).await?, to)
}

fn moved(next: Option<Row>, to: Head) -> Result<(), StorageError> {
    let next = next.map(|mut row| row.unsigned()).transpose()?;
    if next == Some(to.seq + 1) { Ok(()) } else { Err(StorageError::Raced) }
}

/// A device's newest epoch here and its chain in it.
pub(super) async fn newest_chain(
    tx: &mut dyn Tx,
    site: SiteId,
    device: DeviceId,
) -> Result<(u32, Head), StorageError> {
    let found = tx.row(include_str!("sql/newest_chain.sql"), &values![site.0, device]).await?;
    let Some(mut row) = found else { return Ok((1, Head::default())) };
    Ok((row.small()?, Head { seq: row.unsigned()?, hash: row.hash()? }))
}

/// The entries after a cursor, or the conflict where the cursor is not on this stream.
pub(super) async fn pull(
    (device, cursor): &(DeviceAuth, Cursor),
    tx: &mut dyn Tx,
) -> Result<Result<PullReply, Conflict>, StorageError> {
    let server_epoch = server_epoch(tx).await?;
    let (epoch, Head { seq: device_last_seq, .. }) = newest_chain(tx, device.site, device.device).await?;
    if cursor.epoch != server_epoch || !is_on_stream(tx, device.site, cursor).await? {
        return Ok(Err(Conflict::EpochChanged { server_epoch, device_last_seq }));
    }
    let mut reply = page(tx, device.site, cursor).await?;
    let params = values![device.site.0, device.device, epoch];
    let backed_up = tx.row(include_str!("sql/backed_up.sql"), &params).await?;
    reply.backed_up_through = backed_up.map_or(Ok(0), |mut row| row.unsigned())?;
    reply.backed_up_epoch = epoch;
    Ok(Ok(reply))
}

async fn is_on_stream(tx: &mut dyn Tx, site: SiteId, cursor: &Cursor) -> Result<bool, StorageError> {
    if cursor.after.seq == 0 {
        return Ok(cursor.after.hash == Hash::default());
    }
    let sql = match cursor.stream {
        Stream::Control => "SELECT stream_hash FROM control WHERE site = ?1 AND stream_seq = ?2",
        Stream::Master => "SELECT stream_hash FROM master WHERE site = ?1 AND stream_seq = ?2",
        Stream::Site => "SELECT stream_hash FROM event WHERE site = ?1 AND stream_seq = ?2",
    };
    let found = tx.row(sql, &values![site.0, cursor.after.seq]).await?;
    Ok(found.map(|mut row| row.hash()).transpose()? == Some(cursor.after.hash))
}

async fn page(tx: &mut dyn Tx, site: SiteId, cursor: &Cursor) -> Result<PullReply, StorageError> {
    let mut reply = PullReply {
        stream: cursor.stream,
        events: Vec::new(),
        records: Vec::new(),
        next: cursor.after,
        head: head(tx, site, cursor.stream).await?,
        backed_up_through: 0,
        backed_up_epoch: 0,
    };
    let sql = match cursor.stream {
        Stream::Control => include_str!("sql/page_control.sql"),
        Stream::Master => include_str!("sql/page_master.sql"),
        Stream::Site => include_str!("sql/page_site.sql"),
    };
    let limit = cursor.limit.clamp(1, PULL_ENTRIES_MAX) as u64;
    let mut bytes = 0;
    tx.visit(sql, &values![site.0, cursor.after.seq, limit], &mut |mut row| {
        if cursor.stream == Stream::Master {
            let record = MasterEntry { stream_seq: row.unsigned()?, bytes: row.text()? };
            reply.next = Head { seq: record.stream_seq, hash: row.hash()? };
            bytes += record.bytes.len();
            reply.records.push(record);
        } else {
            let entry = event_entry(&mut row)?;
            reply.next = Head { seq: entry.stream_seq, hash: row.hash()? };
            bytes += entry.bytes.len();
            reply.events.push(entry);
        }
        Ok(bytes < PAGE_BYTES_MAX)
    })
    .await?;
    Ok(reply)
}

fn event_entry(row: &mut Row) -> Result<EventEntry, StorageError> {
    Ok(EventEntry {
        stream_seq: row.unsigned()?,
        status: row.status()?,
        received: row.time()?,
        device: row.device()?,
        epoch: row.small()?,
        seq: row.unsigned()?,
        bytes: row.text()?,
    })
}
