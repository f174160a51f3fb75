//! Questions of verdicts → answers from the projections, each kind of question in one statement.

use super::StorageError;
use super::tx::{Kind, Many, Row, Tx, Value, values};
use crate::domain::{
    Event, EventId, HoldState, HoldTarget, ItemId, LotKey, LotNumber, OrderId, Progress, SerialNumber,
    SiteId, StockKey, Timestamp, UserId,
};
use crate::ledger::KnownLot;
use crate::server::ingest::{Batch, Known, KnownId, Questions, Stored, hu_text, lot_text, serial_text};
use crate::sync::wire::{Head, Status};
use foldhash::HashMap;
use std::hash::Hash;
use std::sync::Arc;

macro_rules! find {
    ($name:ident, $file:expr, $(($column:literal, $kind:ident)),* $(,)?) => {
        static $name: Many = Many::new($file, &[("n", Kind::Int), $(($column, Kind::$kind)),*]);
    };
    (at $name:ident, $file:expr $(, ($column:literal, $kind:ident))* $(,)?) => {
        find!($name, $file, ("item", Int), ("lot", Text), ("serial", Text), ("location", Int), ("hu", Text)
            $(, ($column, $kind))*);
    };
}

find!(CHAINS, include_str!("sql/find_chains.sql"), ("device", Id), ("epoch", Int));
find!(SEQS, include_str!("sql/find_seqs.sql"), ("device", Id), ("epoch", Int), ("seq", Int));
find!(EVENTS, include_str!("sql/find_events.sql"), ("event_id", Id));
find!(at BALANCES, include_str!("sql/find_balances.sql"));
find!(LOTS, include_str!("sql/find_lots.sql"), ("item", Int), ("lot", Text));
find!(HOLDS_ON, include_str!("sql/find_holds_on.sql"), ("target", Text));
find!(HOLDS, include_str!("sql/find_holds.sql"), ("event_id", Id));
find!(ENDS, include_str!("sql/find_ends.sql"), ("event_id", Id));
find!(UNDONE, include_str!("sql/find_undone.sql"), ("event_id", Id));
find!(CLOSINGS, include_str!("sql/find_closings.sql"), ("order_id", Int));
find!(PROGRESS, include_str!("sql/find_progress.sql"), ("order_id", Int));
find!(at TAKERS, include_str!("sql/find_takers.sql"));
find!(at COUNTS, include_str!("sql/find_counts.sql"), ("at", Int));
find!(at UNSEEN, include_str!("sql/find_unseen.sql"), ("at", Int), ("device", Id), ("synced", Int));
find!(TAKEN_OF_LOT, include_str!("sql/find_taken_of_lot.sql"), ("item", Int), ("lot", Text), ("at", Int));
find!(TAKEN_FROM_LOCATION, include_str!("sql/find_taken_from_location.sql"), ("location", Int), ("at", Int));
find!(TAKEN_FROM_HU, include_str!("sql/find_taken_from_hu.sql"), ("hu", Text), ("at", Int));

/// Reads what belongs to each key: the key's number and the rest of the row. Without keys nothing is asked.
async fn each<K>(
    tx: &mut dyn Tx,
    many: &'static Many,
    site: i64,
    keys: &[K],
    columns: impl Fn(&K) -> Vec<Value> + Send,
) -> Result<Vec<(usize, Row)>, StorageError>
where
    K: Sync,
{
    if keys.is_empty() {
        return Ok(Vec::new());
    }
    let keys: Vec<Vec<Value>> =
        (0_i64..).zip(keys).map(|(n, key)| std::iter::once(n.into()).chain(columns(key)).collect()).collect();
    let rows = tx.find(many, site, &keys).await?;
    rows.into_iter().map(|mut row| Ok((row.unsigned()? as usize, row))).collect()
}

fn at(key: &StockKey) -> Vec<Value> {
    values![
        key.item.0,
        lot_text(key.lot.as_ref()),
        serial_text(key.serial.as_ref()),
        key.place.location.0,
        hu_text(key.place.hu.as_ref())
    ]
    .to_vec()
}

fn at_and(key: &StockKey, more: impl IntoIterator<Item = Value>) -> Vec<Value> {
    let mut columns = at(key);
    columns.extend(more);
    columns
}

/// One answer for each key; `none` where there is no row.
fn only<K: Clone + Eq + Hash, T>(
    into: &mut HashMap<K, T>,
    keys: &[K],
    rows: Vec<(usize, Row)>,
    none: impl Fn() -> T,
    mut read: impl FnMut(Row) -> Result<T, StorageError>,
) -> Result<(), StorageError> {
    into.extend(keys.iter().map(|key| (key.clone(), none())));
    for (n, row) in rows {
        if let Some(key) = keys.get(n) {
            into.insert(key.clone(), read(row)?);
        }
    }
    Ok(())
}

/// All answers for each key.
fn all<K: Clone + Eq + Hash, T>(
    into: &mut HashMap<K, Vec<T>>,
    keys: &[K],
    rows: Vec<(usize, Row)>,
    mut read: impl FnMut(Row) -> Result<T, StorageError>,
) -> Result<(), StorageError> {
    into.extend(keys.iter().map(|key| (key.clone(), Vec::new())));
    for (n, row) in rows {
        if let Some(found) = keys.get(n).and_then(|key| into.get_mut(key)) {
            found.push(read(row)?);
        }
    }
    Ok(())
}

/// Entries of event ids; of those that are not here, none.
pub(super) type Ids = HashMap<EventId, KnownId>;

/// Which events of pushes are here already, by their ids.
pub(super) async fn ids(
    (site, batches): &(SiteId, Arc<[Batch]>),
    tx: &mut dyn Tx,
) -> Result<Ids, StorageError> {
    let arrivals = batches.iter().flat_map(|batch| &batch.arrivals).filter(|arrival| arrival.event.is_ok());
    ids_of(tx, site.0, &arrivals.filter_map(|arrival| arrival.id).collect::<Vec<_>>()).await
}

async fn ids_of(tx: &mut dyn Tx, site: i64, ids: &[EventId]) -> Result<Ids, StorageError> {
    let rows = each(tx, &EVENTS, site, ids, |id| values![*id].to_vec()).await?;
    let found = rows.into_iter().filter_map(|(n, row)| Some((*ids.get(n)?, row)));
    found.map(|(id, row)| Ok((id, known_id(row)?))).collect()
}

/// Where the devices' chains are, and which sequences and ids are here already; ids are not asked for again where they
/// were looked up `ahead`.
pub(super) async fn arrivals(
    tx: &mut dyn Tx,
    site: i64,
    batches: &[Batch],
    ahead: Option<Ids>,
    known: &mut Known,
) -> Result<(), StorageError> {
    let chains: Vec<_> = batches.iter().map(|batch| (batch.device, batch.epoch)).collect();
    let rows = each(tx, &CHAINS, site, &chains, |(device, epoch)| values![*device, *epoch].to_vec()).await?;
    only(&mut known.chains, &chains, rows, Head::default, |mut row| {
        Ok(Head { seq: row.unsigned()?, hash: row.hash()? })
    })?;
    let (mut seqs, mut ids) = (Vec::new(), Vec::new());
    for batch in batches {
        let chain = known.chains.get(&(batch.device, batch.epoch)).copied().unwrap_or_default();
        let first = batch.arrivals.first().map_or(0, |first| first.seq);
        let last = batch.arrivals.last().map_or(0, |last| last.seq);
        let old = first.saturating_sub(1).max(1)..=last.min(chain.seq);
        seqs.extend(
            old.filter(|_| first > 0 && first <= chain.seq).map(|seq| (batch.device, batch.epoch, seq)),
        );
        let new = batch.arrivals.iter().filter(|arrival| arrival.seq > chain.seq && arrival.event.is_ok());
        ids.extend(new.filter_map(|arrival| arrival.id));
    }
    let columns = |key: &(_, u32, u64)| values![key.0, key.1, key.2].to_vec();
    for (n, mut row) in each(tx, &SEQS, site, &seqs, columns).await? {
        let Some(key) = seqs.get(n) else { continue };
        let hash = row.hash()?;
        let stored = Stored { hash, bytes: row.text()?, stream_seq: row.unsigned()?, reason: row.text()? };
        known.seqs.insert(*key, stored);
    }
    if known.seqs.len() != seqs.len() {
        return Err(StorageError::Damaged { what: "chain" });
    }
    known.ids = match ahead {
        Some(ids) => ids,
        None => ids_of(tx, site, &ids).await?,
    };
    Ok(())
}

fn known_id(mut row: Row) -> Result<KnownId, StorageError> {
    let (stream_seq, status) = (row.unsigned()?, row.status()?);
    Ok(KnownId { stream_seq, status, reason: row.text()?, bytes: row.text()? })
}

/// Everything that is asked but the master records.
pub(super) async fn answer(
    tx: &mut dyn Tx,
    site: i64,
    questions: &Questions,
    known: &mut Known,
) -> Result<(), StorageError> {
    stock(tx, site, questions, known).await?;
    holds(tx, site, questions, known).await?;
    orders(tx, site, questions, known).await?;
    counts(tx, site, questions, known).await?;
    let keys: Vec<EventId> = questions.events.iter().copied().collect();
    let rows = each(tx, &EVENTS, site, &keys, |id| values![*id].to_vec()).await?;
    only(
        &mut known.events,
        &keys,
        rows,
        || None,
        |row| {
            let KnownId { status, bytes, .. } = known_id(row)?;
            let event =
                Event::decode(bytes.as_bytes()).map_err(|_| StorageError::Damaged { what: "event" })?;
            Ok(Some((event, Status::has_effect(status))))
        },
    )?;
    let keys: Vec<EventId> = questions.undone.iter().copied().collect();
    let rows = each(tx, &UNDONE, site, &keys, |id| values![*id].to_vec()).await?;
    only(&mut known.undone, &keys, rows, || None, |mut row| row.event().map(Some))
}

async fn stock(
    tx: &mut dyn Tx,
    site: i64,
    questions: &Questions,
    known: &mut Known,
) -> Result<(), StorageError> {
    let keys: Vec<StockKey> = questions.balances.iter().cloned().collect();
    let rows = each(tx, &BALANCES, site, &keys, at).await?;
    only(&mut known.balances, &keys, rows, || 0, |mut row| row.int())?;
    let keys: Vec<StockKey> = questions.takers.iter().cloned().collect();
    let rows = each(tx, &TAKERS, site, &keys, at).await?;
    only(
        &mut known.takers,
        &keys,
        rows,
        || None,
        |mut row| match row.value() {
            Value::Null => Ok(None),
            id => Row::new(vec![id]).event().map(Some),
        },
    )?;
    let keys: Vec<LotKey> = questions.lots.iter().cloned().collect();
    let columns = |key: &LotKey| values![key.item.0, lot_text(key.lot.as_ref())].to_vec();
    let rows = each(tx, &LOTS, site, &keys, columns).await?;
    only(
        &mut known.lots,
        &keys,
        rows,
        || None,
        |mut row| {
            let (facts, event, received) = (row.json("lot")?, row.event()?, row.time()?);
            Ok(Some(KnownLot { facts, event, received }))
        },
    )
}

async fn holds(
    tx: &mut dyn Tx,
    site: i64,
    questions: &Questions,
    known: &mut Known,
) -> Result<(), StorageError> {
    if questions.stopped {
        let rows = tx.rows(include_str!("sql/open_targets.sql"), &values![site]).await?;
        let targets = rows.into_iter().map(|mut row| row.text());
        known.stopped = Some(targets.collect::<Result<_, _>>()?);
    }
    let keys: Vec<String> = questions.holds_on.iter().cloned().collect();
    let rows = each(tx, &HOLDS_ON, site, &keys, |target| values![target.as_str()].to_vec()).await?;
    all(&mut known.holds_on, &keys, rows, |mut row| hold_state(&mut row))?;
    let keys: Vec<EventId> = questions.holds.iter().copied().collect();
    let rows = each(tx, &HOLDS, site, &keys, |id| values![*id].to_vec()).await?;
    only(&mut known.holds, &keys, rows, || None, |mut row| hold_state(&mut row).map(Some))?;
    let keys: Vec<EventId> = questions.ends.iter().copied().collect();
    let rows = each(tx, &ENDS, site, &keys, |id| values![*id].to_vec()).await?;
    only(&mut known.ends, &keys, rows, || false, |_| Ok(true))
}

async fn orders(
    tx: &mut dyn Tx,
    site: i64,
    questions: &Questions,
    known: &mut Known,
) -> Result<(), StorageError> {
    let keys: Vec<OrderId> = questions.orders.iter().copied().collect();
    let rows = each(tx, &CLOSINGS, site, &keys, |id| values![id.0].to_vec()).await?;
    only(&mut known.closings, &keys, rows, || 0, |mut row| row.int())?;
    let keys: Vec<OrderId> = questions.progress.iter().copied().collect();
    let rows = each(tx, &PROGRESS, site, &keys, |id| values![id.0].to_vec()).await?;
    all(&mut known.progress, &keys, rows, |mut row| progress(&mut row))
}

async fn counts(
    tx: &mut dyn Tx,
    site: i64,
    questions: &Questions,
    known: &mut Known,
) -> Result<(), StorageError> {
    let since = known.since.unwrap_or(Timestamp(i64::MIN));
    if questions.counted {
        let found = tx.row(include_str!("sql/any_count_after.sql"), &values![site, since]).await?;
        known.counted = Some(found.map_or(Ok(true), |mut row| row.flag())?);
    }
    let keys: Vec<StockKey> = questions.counts.iter().cloned().collect();
    let rows = each(tx, &COUNTS, site, &keys, |key| at_and(key, values![since])).await?;
    all(&mut known.counts, &keys, rows, |mut row| Ok((row.event()?, row.time()?, row.device()?)))?;
    let keys: Vec<_> = questions.unseen.iter().cloned().collect();
    let rows = each(tx, &UNSEEN, site, &keys, |(key, synced, when, device)| {
        at_and(key, values![*when, *device, *synced])
    })
    .await?;
    all(&mut known.unseen, &keys, rows, |mut row| row.event())?;
    for (target, since) in &questions.taken {
        let taken = taken(tx, site, target, *since).await?;
        known.taken.insert((target.clone(), *since), taken);
    }
    Ok(())
}

async fn taken(
    tx: &mut dyn Tx,
    site: i64,
    target: &HoldTarget,
    since: Timestamp,
) -> Result<Vec<EventId>, StorageError> {
    let (many, columns) = match target {
        HoldTarget::Lot(lot) => {
            (&TAKEN_OF_LOT, values![lot.item.0, lot_text(lot.lot.as_ref()), since].to_vec())
        }
        HoldTarget::Location(location) => (&TAKEN_FROM_LOCATION, values![location.0, since].to_vec()),
        HoldTarget::Hu(hu) => (&TAKEN_FROM_HU, values![hu.as_str(), since].to_vec()),
    };
    let rows = each(tx, many, site, &[columns], Clone::clone).await?;
    rows.into_iter().map(|(_, mut row)| row.event()).collect()
}

/// `id, hold, operator, at, released` as a hold.
pub(super) fn hold_state(row: &mut Row) -> Result<HoldState, StorageError> {
    Ok(HoldState {
        id: row.event()?,
        hold: row.json("hold")?,
        operator: UserId(row.int()?),
        at: row.time()?,
        released: row.flag()?,
    })
}

/// `order, line, item, lot, serial` and the four counts as progress.
pub(super) fn progress(row: &mut Row) -> Result<Progress, StorageError> {
    Ok(Progress {
        order: OrderId(row.int()?),
        line: row.small()?,
        lot: LotKey { item: ItemId(row.int()?), lot: row.label(LotNumber::new)? },
        serial: row.label(SerialNumber::new)?,
        received: row.int()?,
        picked: row.int()?,
        dispatched: row.int()?,
        short: row.int()?,
    })
}
