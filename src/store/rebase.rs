//! The base under the pending events changes as a whole: a restored server, a snapshot, another site.

use super::StoreError;
use super::apply::{Change, apply};
use crate::domain::{Body, Event};
use rusqlite::{Connection, Transaction};

/// What was read from the streams counts no more: they are read from their beginning, and the first page or snapshot
/// replaces what is shown until then. Stops stay until the control stream has been read to its end.
pub(super) fn forget_cursors(db: &Connection) -> Result<(), StoreError> {
    db.execute_batch(include_str!("sql/forget_cursors.sql"))?;
    Ok(())
}

/// Nothing of the old site is shown at the new one; only called where no event waits.
pub(super) fn leave_site(db: &Connection) -> Result<(), StoreError> {
    db.execute_batch(include_str!("sql/leave_site.sql"))?;
    Ok(())
}

/// The base becomes empty; what is pending is to be replayed afterwards. `whole_stream` says that everything will come
/// again event by event, undos included.
pub(super) fn clear_site(db: &Connection, whole_stream: bool) -> Result<(), StoreError> {
    db.execute_batch(include_str!("sql/clear_site.sql"))?;
    db.execute_batch(include_str!("sql/vacant_rebuild.sql"))?;
    if whole_stream {
        db.execute("DELETE FROM undone", ())?;
    }
    Ok(())
}

/// The effects of all events in the outbox, on projections that have none of them.
pub(super) fn replay_pending(db: &Connection) -> Result<(), StoreError> {
    let mut query = db.prepare("SELECT bytes FROM outbox JOIN event USING (n) ORDER BY n")?;
    let mut rows = query.query(())?;
    while let Some(row) = rows.next()? {
        let bytes = row.get_ref(0)?.as_str().map_err(|error| StoreError::Damaged(error.to_string()))?;
        apply(db, &Event::decode(bytes.as_bytes())?, Change::Confirm)?;
    }
    Ok(())
}

/// Entries that an older program could not read are applied by this one.
pub(super) fn replay_unread(tx: &Transaction<'_>) -> Result<(), StoreError> {
    let mut query = tx.prepare("SELECT stream_seq, bytes FROM unread ORDER BY stream_seq")?;
    let rows = query.query_map((), |row| Ok((row.get(0)?, row.get(1)?)))?;
    let unread: Vec<(i64, String)> = rows.collect::<Result<_, _>>()?;
    for (stream_seq, bytes) in unread {
        let Ok(event) = Event::decode(bytes.as_bytes()) else { continue };
        if !matches!(event.body, Body::Unknown { .. }) {
            apply(tx, &event, Change::Receive)?;
            tx.execute("DELETE FROM unread WHERE stream_seq = ?1", [stream_seq])?;
        }
    }
    Ok(())
}
