//! Alarms: two stories about one sequence or one id. Both are kept, and a person is told.

use super::StorageError;
use super::row::int;
use crate::domain::{EventId, SiteId, Timestamp};
use crate::server::ingest::{Arrival, Batch};
use rusqlite::{Connection, params};

/// Keeps the other bytes of a sequence that is taken, outside the ledger: under its next epoch the device may
/// send the event again, and then it counts.
pub(super) fn fork(connection: &Connection, batch: &Batch, arrival: &Arrival) -> Result<(), StorageError> {
    connection.prepare_cached(include_str!("sql/insert_fork.sql"))?.execute(params![
        batch.site.0,
        batch.device.0.as_bytes(),
        batch.epoch,
        int(arrival.seq),
        arrival.hash.0,
        arrival.bytes,
        batch.received.0
    ])?;
    let (device, epoch, seq) = (batch.device, batch.epoch, arrival.seq);
    let identity = format!("fork:{device}/{epoch}");
    let detail = format!("two histories of device {device}: they part at epoch {epoch}, sequence {seq}");
    open(connection, batch.site, &identity, 0, "fork", &detail, batch.received)
}

/// Other bytes came under an id that the ledger has.
pub(super) fn id_conflict(
    connection: &Connection,
    batch: &Batch,
    arrival: &Arrival,
    id: EventId,
) -> Result<(), StorageError> {
    let (device, epoch, seq) = (batch.device, batch.epoch, arrival.seq);
    let identity = format!("id_conflict:{id}/{device}/{epoch}/{seq}");
    let detail = format!("device {device} sent other content under the id of event {id}");
    open(connection, batch.site, &identity, 0, "id_conflict", &detail, batch.received)
}

/// A device that is locked out handed in what it had recorded.
pub(super) fn revoked(connection: &Connection, batch: &Batch) -> Result<(), StorageError> {
    let device = batch.device;
    let identity = format!("revoked:{device}/{}", batch.epoch);
    let detail = format!("device {device} is locked out; what it still had recorded is in quarantine");
    open(connection, batch.site, &identity, 0, "revoked_device", &detail, batch.received)
}

/// Puts something before a person, once.
pub(super) fn open(
    connection: &Connection,
    site: SiteId,
    identity: &str,
    stream_seq: u64,
    kind: &str,
    detail: &str,
    now: Timestamp,
) -> Result<(), StorageError> {
    connection.prepare_cached(include_str!("sql/open_discrepancy.sql"))?.execute(params![
        site.0,
        identity,
        int(stream_seq),
        kind,
        detail,
        now.0
    ])?;
    Ok(())
}
