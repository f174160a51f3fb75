//! One push as one transaction: the device's chain, the verdicts, ledger rows, projections, and the counters
//! last.

use super::super::{PushOutcome, StorageError};
use super::enrol::newest_chain;
use super::judge::{Judge, Verdict};
use super::records::Records;
use super::row::{int, unsigned};
use super::{Storage, advance, alarm, head};
use crate::domain::{Body, EventId};
use crate::server::ingest::{Arrival, Batch, Fault};
use crate::sync::wire::{Conflict, Hash, Head, PushReply, PushResult, ServerEpoch, Status, Stream};
use rusqlite::{Connection, OptionalExtension as _, params};
use std::sync::{Arc, PoisonError};

impl Storage {
    /// Takes a push, all of it or none; what it answers is durable.
    ///
    /// # Errors
    /// [`StorageError`] where nothing was saved.
    pub async fn push(&self, batch: Batch) -> Result<PushOutcome, StorageError> {
        let server_epoch = self.identity.epoch;
        let records = Arc::clone(&self.records);
        self.write(move |connection| {
            let mut records = records.lock().unwrap_or_else(PoisonError::into_inner);
            push(connection, server_epoch, &mut records, &batch)
        })
        .await
    }
}

fn push(
    connection: &Connection,
    server_epoch: ServerEpoch,
    records: &mut Records,
    batch: &Batch,
) -> Result<PushOutcome, StorageError> {
    if batch.server_epoch != server_epoch {
        let (_, device_last_seq) = newest_chain(connection, batch.site, batch.device)?;
        return Ok(PushOutcome::Conflict(Conflict::EpochChanged { server_epoch, device_last_seq }));
    }
    let chain = chain(connection, batch)?;
    if let Some(conflict) = join(connection, batch, chain)? {
        return Ok(PushOutcome::Conflict(conflict));
    }
    let known = batch.arrivals.iter().take_while(|arrival| arrival.seq <= chain.seq).count();
    let (old, new) = batch.arrivals.split_at(known);
    let mut results = Vec::with_capacity(batch.arrivals.len());
    for arrival in old {
        match again(connection, batch, arrival)? {
            Ok(result) => results.push(result),
            Err(conflict) => return Ok(PushOutcome::Conflict(conflict)),
        }
    }
    append(connection, records, batch, new, &mut results)?;
    if batch.revoked && !new.is_empty() {
        alarm::revoked(connection, batch)?;
    }
    let end = new.last().map_or(chain, |last| Head { seq: last.seq, hash: last.hash });
    save_device(connection, batch, end, !new.is_empty())?;
    Ok(PushOutcome::Stored(PushReply { acked_through: end.seq, results, retry_after_s: None }))
}

/// How far the device's chain is here in this epoch.
fn chain(connection: &Connection, batch: &Batch) -> Result<Head, StorageError> {
    let found = connection
        .prepare_cached(
            "SELECT last_seq, last_hash FROM chain WHERE site = ?1 AND device = ?2 AND epoch = ?3",
        )?
        .query_row(params![batch.site.0, batch.device.0.as_bytes(), batch.epoch], |row| {
            Ok(Head { seq: unsigned(row, 0)?, hash: Hash(row.get(1)?) })
        })
        .optional()?;
    Ok(found.unwrap_or_default())
}

/// Checks that the push follows what is here: no gap, and the same chain before its first event.
fn join(connection: &Connection, batch: &Batch, chain: Head) -> Result<Option<Conflict>, StorageError> {
    let Some(first) = batch.arrivals.first() else { return Ok(None) };
    if first.seq > chain.seq + 1 {
        let reported = batch.arrivals.last().map_or(0, |last| last.seq);
        report_head(connection, batch, reported)?;
        return Ok(Some(Conflict::Gap { expected: chain.seq + 1 }));
    }
    let before = match first.seq - 1 {
        0 => Hash::default(),
        seq if seq == chain.seq => chain.hash,
        seq => find_seq(connection, batch, seq)?.map_or_else(Hash::default, |row| row.hash),
    };
    if before == batch.prev_hash {
        return Ok(None);
    }
    alarm::fork(connection, batch, first)?;
    Ok(Some(Conflict::Fork { expected_hash: before }))
}

struct Stored {
    hash: Hash,
    bytes: String,
    stream_seq: u64,
    reason: String,
}

fn find_seq(connection: &Connection, batch: &Batch, seq: u64) -> Result<Option<Stored>, StorageError> {
    Ok(connection
        .prepare_cached(include_str!("sql/find_seq.sql"))?
        .query_row(params![batch.site.0, batch.device.0.as_bytes(), batch.epoch, int(seq)], |row| {
            Ok(Stored {
                hash: Hash(row.get(0)?),
                bytes: row.get(1)?,
                stream_seq: unsigned(row, 2)?,
                reason: row.get(3)?,
            })
        })
        .optional()?)
}

/// A sequence that is here already: the same event again, or a fork, whose bytes are kept as evidence.
fn again(
    connection: &Connection,
    batch: &Batch,
    arrival: &Arrival,
) -> Result<Result<PushResult, Conflict>, StorageError> {
    let stored = find_seq(connection, batch, arrival.seq)?.ok_or(StorageError::Damaged { what: "chain" })?;
    if stored.hash == arrival.hash && stored.bytes == arrival.bytes {
        return Ok(Ok(result(arrival, Status::Duplicate, stored.stream_seq, &stored.reason)));
    }
    alarm::fork(connection, batch, arrival)?;
    Ok(Err(Conflict::Fork { expected_hash: stored.hash }))
}

fn result(arrival: &Arrival, status: Status, stream_seq: u64, reason: &str) -> PushResult {
    let reason = (!reason.is_empty()).then(|| reason.to_owned());
    PushResult { seq: arrival.seq, event_id: arrival.id, status, stream_seq, reason }
}

fn append(
    connection: &Connection,
    records: &mut Records,
    batch: &Batch,
    new: &[Arrival],
    results: &mut Vec<PushResult>,
) -> Result<(), StorageError> {
    if new.is_empty() {
        return Ok(());
    }
    let from = head(connection, batch.site, Stream::Site)?;
    let control_from = head(connection, batch.site, Stream::Control)?;
    let (mut to, mut control_to) = (from, control_from);
    let mut judge = Judge::new(connection, records, batch)?;
    judge.clock(batch)?;
    for arrival in new {
        if let Some(id) = arrival.id.filter(|_| arrival.event.is_ok())
            && let Some(known) = find_id(connection, batch, id, arrival)?
        {
            if known.same {
                insert_alias(connection, batch, arrival, known.stream_seq)?;
                results.push(result(arrival, Status::Duplicate, known.stream_seq, &known.reason));
                continue;
            }
            alarm::id_conflict(connection, batch, arrival, id)?;
            let verdict = Verdict::quarantined(Fault::IdConflict);
            to = insert(connection, batch, arrival, None, &verdict, to)?;
            results.push(result(arrival, verdict.status, to.seq, verdict.reason));
            continue;
        }
        let verdict = match &arrival.event {
            Err(fault) => Verdict::quarantined(*fault),
            Ok(event) => judge.apply(event, to.seq + 1)?,
        };
        let id = arrival.id.filter(|_| arrival.event.is_ok());
        to = insert(connection, batch, arrival, id, &verdict, to)?;
        if verdict.status.has_effect() && arrival.event.as_ref().is_ok_and(|event| is_control(&event.body)) {
            control_to = insert_control(connection, batch, arrival, verdict.status, to.seq, control_to)?;
        }
        results.push(result(arrival, verdict.status, to.seq, verdict.reason));
    }
    advance(connection, batch.site, Stream::Control, control_from, control_to)?;
    advance(connection, batch.site, Stream::Site, from, to)
}

/// What every device must know before anything else.
fn is_control(body: &Body) -> bool {
    match body {
        Body::Hold(_) | Body::Release(_) => true,
        Body::Undo(undo) => is_control(&undo.body),
        _ => false,
    }
}

struct KnownId {
    stream_seq: u64,
    reason: String,
    same: bool,
}

fn find_id(
    connection: &Connection,
    batch: &Batch,
    id: EventId,
    arrival: &Arrival,
) -> Result<Option<KnownId>, StorageError> {
    Ok(connection
        .prepare_cached(include_str!("sql/find_id.sql"))?
        .query_row(params![batch.site.0, id.0.as_bytes(), arrival.bytes], |row| {
            Ok(KnownId { stream_seq: unsigned(row, 0)?, reason: row.get(1)?, same: row.get(2)? })
        })
        .optional()?)
}

fn insert(
    connection: &Connection,
    batch: &Batch,
    arrival: &Arrival,
    id: Option<EventId>,
    verdict: &Verdict,
    from: Head,
) -> Result<Head, StorageError> {
    let seq = from.seq + 1;
    let hash = Hash::chain_stream(from.hash, seq, verdict.status, arrival.bytes.as_bytes());
    let kind = arrival.event.as_ref().map_or("", |event| event.body.kind());
    connection.prepare_cached(include_str!("sql/insert_event.sql"))?.execute(params![
        batch.site.0,
        int(seq),
        id.as_ref().map(|id| id.0.as_bytes()),
        batch.device.0.as_bytes(),
        batch.epoch,
        int(arrival.seq),
        verdict.status as u8,
        verdict.reason,
        kind,
        batch.received.0,
        batch.skew_ms,
        arrival.bytes,
        arrival.hash.0,
        hash.0,
    ])?;
    Ok(Head { seq, hash })
}

fn insert_alias(
    connection: &Connection,
    batch: &Batch,
    arrival: &Arrival,
    stream_seq: u64,
) -> Result<(), StorageError> {
    connection.prepare_cached(include_str!("sql/insert_alias.sql"))?.execute(params![
        batch.site.0,
        batch.device.0.as_bytes(),
        batch.epoch,
        int(arrival.seq),
        arrival.hash.0,
        int(stream_seq),
    ])?;
    Ok(())
}

fn insert_control(
    connection: &Connection,
    batch: &Batch,
    arrival: &Arrival,
    status: Status,
    site_seq: u64,
    from: Head,
) -> Result<Head, StorageError> {
    let seq = from.seq + 1;
    let hash = Hash::chain_stream(from.hash, seq, status, arrival.bytes.as_bytes());
    connection.prepare_cached(include_str!("sql/insert_control.sql"))?.execute(params![
        batch.site.0,
        int(seq),
        int(site_seq),
        hash.0
    ])?;
    Ok(Head { seq, hash })
}

fn save_device(
    connection: &Connection,
    batch: &Batch,
    end: Head,
    is_longer: bool,
) -> Result<(), StorageError> {
    if is_longer {
        connection.prepare_cached(include_str!("sql/save_chain.sql"))?.execute(params![
            batch.site.0,
            batch.device.0.as_bytes(),
            batch.epoch,
            int(end.seq),
            end.hash.0,
            batch.signature.map(|signature| signature.0)
        ])?;
    }
    report_head(connection, batch, end.seq)
}

fn report_head(connection: &Connection, batch: &Batch, seq: u64) -> Result<(), StorageError> {
    connection.prepare_cached(include_str!("sql/save_device.sql"))?.execute(params![
        batch.site.0,
        batch.device.0.as_bytes(),
        batch.epoch,
        int(seq),
        batch.received.0,
        batch.skew_ms
    ])?;
    Ok(())
}
