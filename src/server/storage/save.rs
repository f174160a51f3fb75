//! A draft → rows: each table in one statement.

use super::StorageError;
use super::tx::{Kind, Many, Tx, Value, json, values};
use crate::domain::{Body, Event, day_number};
use crate::ledger::good_to;
use crate::server::ingest::{Draft, EventRow, hu_text, lot_text, serial_text};
use crate::sync::wire::{Hash, Head, Leaf, Status, Tree};
use std::collections::BTreeMap;

macro_rules! many {
    ($name:ident, $file:expr, $($column:ident $kind:ident),* $(,)?) => {
        static $name: Many =
            Many::new($file, &[$((stringify!($column), Kind::$kind)),*]);
    };
}

many!(EVENTS, include_str!("sql/insert_events.sql"), stream_seq Int, event_id Id, device Id, epoch Int, seq Int, status Int,
    reason Text, kind Text, received Int, skew_ms Int, bytes Blob, hash Blob, stream_hash Blob);
many!(CONTROL, include_str!("sql/insert_control.sql"), stream_seq Int, site_seq Int, stream_hash Blob);
many!(ALIASES, include_str!("sql/insert_aliases.sql"), device Id, epoch Int, seq Int, hash Blob, stream_seq Int);
many!(STOCK, include_str!("sql/add_stock.sql"), item Int, lot Text, serial Text, location Int, hu Text, units Int, since Int);
many!(CHANGES, include_str!("sql/insert_changes.sql"), item Int, lot Text, serial Text, location Int, hu Text, stream_seq Int,
    n Int, at Int, delta Int, kind Int, device Id);
many!(LOTS, include_str!("sql/save_lots.sql"), item Int, lot Text, event_id Id, received Int, facts Text,
    good_to Int);
many!(LOT_UNITS, include_str!("sql/add_lot_units.sql"), item Int, lot Text, units Int);
many!(ORIGINS, include_str!("sql/add_origins.sql"), item Int, lot Text, event_id Id, supplier Int, order_id Int, units Int,
    at Int);
many!(DESTINATIONS, include_str!("sql/add_destinations.sql"), item Int, lot Text, event_id Id, serial Text, line Int,
    order_id Int, customer Int, units Int, at Int);
many!(PROGRESS, include_str!("sql/add_progress.sql"), order_id Int, line Int, item Int, lot Text, serial Text, received Int,
    picked Int, dispatched Int, short Int);
many!(HOLDS, include_str!("sql/insert_holds.sql"), event_id Id, target Text, hold Text, operator Int, at Int, ended Int);
many!(ENDS, include_str!("sql/insert_ends.sql"), event_id Id);
many!(END_HOLDS, include_str!("sql/end_holds.sql"), event_id Id);
many!(CLOSINGS, include_str!("sql/add_closings.sql"), order_id Int, times Int);
many!(UNDONE, include_str!("sql/insert_undone.sql"), event_id Id, undo Id);
many!(DISCREPANCIES, include_str!("sql/open_discrepancies.sql"), identity Text, stream_seq Int, kind Text, detail Text,
    opened Int);
many!(SETTLED, include_str!("sql/settle.sql"), identity Text, at Int);
many!(FORKS, include_str!("sql/insert_forks.sql"), device Id, epoch Int, seq Int, hash Blob, bytes Blob, received Int);
many!(CHAINS, include_str!("sql/save_chains.sql"), device Id, epoch Int, last_seq Int, last_hash Blob,
    signature Blob);
many!(DEVICES, include_str!("sql/save_devices.sql"), device Id, epoch Int, reported Int, at Int, skew_ms Int);

/// Entries in one statement: the first are written while the next are made.
const EVENTS_AT_ONCE: usize = 500;

/// Writes a draft behind these heads; the new heads. The tree grows by the new entries.
pub(super) async fn save(
    tx: &mut dyn Tx,
    site: i64,
    draft: &Draft<'_>,
    from: (Head, Head),
    tree: Option<&mut Tree>,
) -> Result<(Head, Head), StorageError> {
    let to = ledger(tx, site, draft, from).await?;
    if let Some(tree) = tree {
        draft.events.iter().zip(from.0.seq + 1..).for_each(|(row, seq)| tree.push(leaf(row, seq)));
    }
    stock(tx, site, draft).await?;
    traces(tx, site, draft).await?;
    stops(tx, site, draft).await?;
    devices(tx, site, draft).await?;
    Ok(to)
}

async fn put(
    tx: &mut dyn Tx,
    many: &'static Many,
    site: i64,
    rows: Vec<Vec<Value>>,
) -> Result<(), StorageError> {
    if rows.is_empty() { Ok(()) } else { tx.put(many, site, rows).await }
}

fn leaf(row: &EventRow<'_>, stream_seq: u64) -> Hash {
    let (batch, arrival) = (row.batch, row.arrival);
    let leaf = Leaf {
        stream_seq,
        status: row.status,
        received: batch.received,
        skew_ms: batch.skew_ms,
        device: batch.device,
        epoch: batch.epoch,
        seq: arrival.seq,
        hash: arrival.hash,
        reason: row.reason,
        bytes: &arrival.bytes,
    };
    leaf.hash()
}

async fn ledger(
    tx: &mut dyn Tx,
    site: i64,
    draft: &Draft<'_>,
    from: (Head, Head),
) -> Result<(Head, Head), StorageError> {
    let (mut at, mut control_at) = from;
    let (mut events, mut control) = (Vec::new(), Vec::new());
    let mut next_control = draft.control.iter().peekable();
    for (n, row) in draft.events.iter().enumerate() {
        if events.len() == EVENTS_AT_ONCE {
            put(tx, &EVENTS, site, std::mem::take(&mut events)).await?;
        }
        let bytes = row.arrival.bytes.as_bytes();
        let seq = at.seq + 1;
        at = Head { seq, hash: Hash::chain_stream(at.hash, seq, row.status, bytes) };
        let kind = row.arrival.event.as_ref().map_or("", |event| event.body.kind());
        let batch = row.batch;
        events.push(
            values![
                seq,
                row.id,
                batch.device,
                batch.epoch,
                row.arrival.seq,
                row.status as i64,
                row.reason,
                kind,
                batch.received,
                batch.skew_ms,
                row.arrival.bytes.as_str(),
                row.arrival.hash,
                at.hash
            ]
            .to_vec(),
        );
        if next_control.next_if_eq(&&n).is_some() {
            let seq = control_at.seq + 1;
            control_at = Head { seq, hash: Hash::chain_stream(control_at.hash, seq, row.status, bytes) };
            control.push(values![seq, at.seq, control_at.hash].to_vec());
        }
    }
    put(tx, &EVENTS, site, events).await?;
    put(tx, &CONTROL, site, control).await?;
    let aliases = draft.aliases.iter().map(|(batch, arrival, stream_seq)| {
        values![batch.device, batch.epoch, arrival.seq, arrival.hash, *stream_seq].to_vec()
    });
    put(tx, &ALIASES, site, aliases.collect()).await?;
    Ok((at, control_at))
}

async fn stock(tx: &mut dyn Tx, site: i64, draft: &Draft<'_>) -> Result<(), StorageError> {
    // In the order of the key: neighbours share pages, and two processes lock rows in the same order.
    let mut balances: Vec<_> = draft.stock.iter().collect();
    balances.sort_unstable_by_key(|(key, _)| *key);
    let rows = balances.into_iter().map(|(key, (units, since))| {
        let (lot, serial) = (lot_text(key.lot.as_ref()), serial_text(key.serial.as_ref()));
        let (location, hu) = (key.place.location.0, hu_text(key.place.hu.as_ref()));
        values![key.item.0, lot, serial, location, hu, *units, *since].to_vec()
    });
    put(tx, &STOCK, site, rows.collect()).await?;
    let rows = draft.changes.iter().map(|change| {
        let key = &change.key;
        values![
            key.item.0,
            lot_text(key.lot.as_ref()),
            serial_text(key.serial.as_ref()),
            key.place.location.0,
            hu_text(key.place.hu.as_ref()),
            change.stream_seq,
            change.n,
            change.at,
            change.delta,
            change.kind as i64,
            change.device
        ]
        .to_vec()
    });
    put(tx, &CHANGES, site, rows.collect()).await?;
    let mut lots = Vec::with_capacity(draft.lots.len());
    for (key, known) in &draft.lots {
        let facts = json(&known.facts)?;
        let lot = lot_text(key.lot.as_ref());
        let good_to = good_to(known.facts.expiry, known.facts.best_before).map(day_number);
        lots.push(values![key.item.0, lot, known.event, known.received, facts, good_to].to_vec());
    }
    // A lot that is new counts what stands in `stock` by now; the others take the difference.
    put(tx, &LOT_UNITS, site, lot_units(draft)).await?;
    put(tx, &LOTS, site, lots).await
}

/// What of each lot comes to real places or leaves them.
fn lot_units(draft: &Draft<'_>) -> Vec<Vec<Value>> {
    let mut sums = BTreeMap::<(i64, &str), i64>::new();
    for (key, (units, _)) in draft.stock.iter().filter(|(key, _)| !key.place.location.is_virtual()) {
        *sums.entry((key.item.0, lot_text(key.lot.as_ref()))).or_default() += units;
    }
    let moved = sums.into_iter().filter(|(_, units)| *units != 0);
    moved.map(|((item, lot), units)| values![item, lot, units].to_vec()).collect()
}

async fn traces(tx: &mut dyn Tx, site: i64, draft: &Draft<'_>) -> Result<(), StorageError> {
    let rows = draft.origins.iter().map(|((lot, event), (supplier, order, units, at))| {
        let number = lot_text(lot.lot.as_ref());
        let (supplier, order) = (supplier.map(|party| party.0), order.map(|order| order.0));
        values![lot.item.0, number, *event, supplier, order, *units, *at].to_vec()
    });
    put(tx, &ORIGINS, site, rows.collect()).await?;
    let rows = draft.destinations.iter().map(|((lot, event, serial, line), (order, customer, units, at))| {
        let (number, serial) = (lot_text(lot.lot.as_ref()), serial_text(serial.as_ref()));
        values![lot.item.0, number, *event, serial, *line, order.0, customer.0, *units, *at].to_vec()
    });
    put(tx, &DESTINATIONS, site, rows.collect()).await?;
    let rows = draft.progress.iter().map(|((order, line, lot, serial), counts)| {
        let [received, picked, dispatched, short] = *counts;
        let (number, serial) = (lot_text(lot.lot.as_ref()), serial_text(serial.as_ref()));
        values![order.0, *line, lot.item.0, number, serial, received, picked, dispatched, short].to_vec()
    });
    put(tx, &PROGRESS, site, rows.collect()).await
}

async fn stops(tx: &mut dyn Tx, site: i64, draft: &Draft<'_>) -> Result<(), StorageError> {
    let mut holds = Vec::new();
    for (id, row) in &draft.holds {
        let (operator, at) = (row.event.operator.0, row.event.corrected_at());
        holds.push(values![*id, row.target.as_str(), json(row.hold)?, operator, at, row.ended].to_vec());
    }
    put(tx, &HOLDS, site, holds).await?;
    let ends: Vec<_> = draft.ended.iter().map(|id| values![*id].to_vec()).collect();
    put(tx, &ENDS, site, ends.clone()).await?;
    put(tx, &END_HOLDS, site, ends).await?;
    let rows = draft.closings.iter().map(|(order, times)| values![order.0, *times].to_vec());
    put(tx, &CLOSINGS, site, rows.collect()).await?;
    let rows = draft.undone.iter().map(|(event, undo)| values![*event, *undo].to_vec());
    put(tx, &UNDONE, site, rows.collect()).await?;
    let rows = draft.discrepancies.iter().map(|(identity, open)| {
        values![identity.as_str(), open.stream_seq, open.kind, open.detail.as_str(), open.at].to_vec()
    });
    put(tx, &DISCREPANCIES, site, rows.collect()).await?;
    put(tx, &SETTLED, site, settled(draft)).await
}

/// Discrepancies that somebody settled; one that is not known here stays as it is.
fn settled(draft: &Draft<'_>) -> Vec<Vec<Value>> {
    let counts = |row: &&EventRow<'_>| matches!(row.status, Status::Accepted | Status::Flagged);
    let bodies = draft.events.iter().filter(counts).filter_map(|row| match row.arrival.event.as_deref() {
        Ok(Event { body: Body::Settle(settled), .. }) => Some((settled, row.batch.received)),
        _ => None,
    });
    bodies.map(|(settled, at)| values![settled.discrepancy.as_str(), at].to_vec()).collect()
}

async fn devices(tx: &mut dyn Tx, site: i64, draft: &Draft<'_>) -> Result<(), StorageError> {
    let rows = draft.forks.iter().map(|fork| {
        let (batch, arrival) = (fork.batch, fork.arrival);
        let bytes = arrival.bytes.as_str();
        values![batch.device, batch.epoch, arrival.seq, arrival.hash, bytes, batch.received].to_vec()
    });
    put(tx, &FORKS, site, rows.collect()).await?;
    let rows = draft.chains.iter().map(|((device, epoch), (head, signature))| {
        let signature = signature.map(|signature| Value::Blob(signature.0.to_vec()));
        values![*device, *epoch, head.seq, head.hash, signature].to_vec()
    });
    put(tx, &CHAINS, site, rows.collect()).await?;
    let mut reported = draft.reported.clone();
    reported.sort_unstable_by_key(|(batch, _)| batch.device);
    let rows = reported
        .iter()
        .map(|(batch, seq)| values![batch.device, batch.epoch, *seq, batch.received, batch.skew_ms].to_vec());
    put(tx, &DEVICES, site, rows.collect()).await
}
