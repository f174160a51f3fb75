//! A damaged file is moved aside, and what can be read of it is carried into a new one.
//!
//! This device's own events come first: nobody else has those that were not sent. The projections are carried along
//! as far as they can be read, so that the floor is not blind until the server is reached, and are marked stale: the
//! first page or snapshot replaces them. Waiting events go to a new epoch, because the newest ones may be lost and
//! their sequences must not be given to others.

use super::apply::add_stock;
use super::carve::carve;
use super::loss::{self, Numbers};
use super::open::{beside, connect_careful, open_checked};
use super::row::{label, lot_key, unsigned};
use super::{StoreError, outbox, rebase};
use crate::domain::{Event, LocationId, Place, StockKey, Timestamp};
use crate::sync::wire::Hash;
use rusqlite::types::Value;
use rusqlite::{Connection, OpenFlags, params_from_iter};
use std::io::ErrorKind;
use std::path::{Path, PathBuf};

/// What became of a damaged file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Salvage {
    /// Where the damaged file is now.
    pub moved_to: PathBuf,
    /// What was wrong with it.
    pub why: String,
    /// Own events recovered.
    pub events: u64,
    /// Of these, the ones that wait to be sent.
    pub pending: u64,
    /// Own events that are known to be missing; the newest ones may be missing without a trace.
    pub missing: u64,
    /// Sequences of the missing ones that the server is not known to have.
    pub lost: Numbers,
    /// False where the device has to be enrolled again.
    pub identity: bool,
    /// True where every table could be read to its end.
    pub complete: bool,
}

/// Of the finished new file that has not taken the damaged one's place yet.
const READY: &str = ".salvaged";

/// Tables whose rows are carried as they are, those that others refer to first.
const COPIED: [&str; 18] = [
    "device",
    "contact",
    "scanner",
    "site",
    "item",
    "pack",
    "location",
    "party",
    "orders",
    "user",
    "lot",
    "origin",
    "destination",
    "hold",
    "hold_end",
    "unfinished",
    "pin_try",
    "setting",
];

/// Builds the new file beside the damaged one, then changes their places. Once the new one is complete it has the name
/// that [`finish_interrupted`] looks for: at no moment could an empty file, or the damaged one without its log, be taken
/// for the device's own.
pub(super) fn replace(path: &Path, why: &str, now: Timestamp) -> Result<(Connection, Salvage), StoreError> {
    let draft = beside(path, ".salvaging");
    remove(&draft)?;
    let mut salvage = build(path, &draft, now)?;
    std::fs::rename(&draft, beside(path, READY))?;
    salvage.why = why.to_owned();
    salvage.moved_to = change_places(path, now)?;
    let (db, _) = open_checked(path)?;
    Ok((db, salvage))
}

/// Ends a replacement that was interrupted.
pub(super) fn finish_interrupted(path: &Path, now: Timestamp) -> Result<(), StoreError> {
    if beside(path, READY).exists() {
        change_places(path, now)?;
    }
    Ok(())
}

fn change_places(path: &Path, now: Timestamp) -> Result<PathBuf, StoreError> {
    let aside = beside(path, &format!(".damaged-{}", now.0));
    for suffix in ["-wal", "-shm", ""] {
        move_if_there(&beside(path, suffix), &beside(&aside, suffix))?;
    }
    remove(&beside(path, ".suspect"))?;
    std::fs::rename(beside(path, READY), path)?;
    if let Some(folder) = path.parent().filter(|folder| !folder.as_os_str().is_empty()) {
        std::fs::File::open(folder)?.sync_all()?;
    }
    Ok(aside)
}

fn move_if_there(from: &Path, to: &Path) -> Result<(), StoreError> {
    match std::fs::rename(from, to) {
        Err(error) if error.kind() != ErrorKind::NotFound => Err(error.into()),
        _ => Ok(()),
    }
}

fn remove(path: &Path) -> Result<(), StoreError> {
    for suffix in ["", "-wal", "-shm"] {
        match std::fs::remove_file(beside(path, suffix)) {
            Err(error) if error.kind() != ErrorKind::NotFound => return Err(error.into()),
            _ => {}
        }
    }
    Ok(())
}

fn build(path: &Path, draft: &Path, now: Timestamp) -> Result<Salvage, StoreError> {
    let (mut new, _) = open_checked(draft)?;
    let tx = new.transaction()?;
    let old = connect_careful(path, OpenFlags::SQLITE_OPEN_READ_WRITE).ok().filter(is_readable);
    let mut complete = old.is_some();
    let mut lost = Numbers::new();
    match &old {
        Some(old) => {
            for table in COPIED {
                complete &= copy(old, &tx, table)?;
            }
            complete &= copy_events(old, &tx, path)?;
            lost = loss::lost(old, &tx)?;
            complete &= copy_sums(old, &tx)?;
        }
        None => {
            carve(path, &tx, true)?;
            drop_altered(&tx)?;
        }
    }
    tx.execute_batch(include_str!("sql/salvage_finish.sql"))?;
    tx.execute("UPDATE contact SET problem = 'salvaged', problem_at = ?1", [now.0])?;
    if !complete {
        tx.execute("UPDATE cursor SET as_of = NULL", ())?;
    }
    let epoch: Option<u32> = tx.query_row("SELECT max(epoch) FROM device", (), |row| row.get(0))?;
    let missing = tx.query_row(include_str!("sql/salvage_missing.sql"), (), |row| unsigned(row, 0))?;
    if let Some(epoch) = epoch {
        loss::keep(&tx, epoch, &lost)?;
        let waiting = outbox::waiting(&tx, include_str!("sql/salvage_waiting.sql"), [epoch])?;
        outbox::resequence(&tx, epoch, waiting)?;
        outbox::set_acked_through(&tx, 0)?;
    }
    rebase::replay_pending(&tx)?;
    let count = |sql: &str| tx.query_row(sql, (), |row| unsigned(row, 0));
    let salvage = Salvage {
        moved_to: PathBuf::new(),
        why: String::new(),
        events: count("SELECT count(*) FROM event")?,
        pending: count(include_str!("sql/outbox_count.sql"))?,
        missing,
        lost,
        identity: epoch.is_some(),
        complete,
    };
    tx.commit()?;
    Ok(salvage)
}

fn is_readable(old: &Connection) -> bool {
    old.query_row("SELECT count(*) FROM sqlite_schema", (), |_| Ok(())).is_ok()
        && old.prepare("SELECT n FROM event").is_ok()
}

fn columns(db: &Connection, table: &str) -> Result<Vec<String>, rusqlite::Error> {
    let mut query = db.prepare("SELECT name FROM pragma_table_info(?1)")?;
    query.query_map([table], |row| row.get(0))?.collect()
}

/// Rows of a table until its end or its damage: true for the end.
fn copy(old: &Connection, new: &Connection, table: &str) -> Result<bool, StoreError> {
    let Ok(known) = columns(old, table) else { return Ok(false) };
    let columns: Vec<String> = columns(new, table)?.into_iter().filter(|name| known.contains(name)).collect();
    let names = columns.join(", ");
    let marks = vec!["?"; columns.len()].join(", ");
    let mut insert = new.prepare(&format!("INSERT OR REPLACE INTO {table} ({names}) VALUES ({marks})"))?;
    read(old, &format!("SELECT {names} FROM {table}"), columns.len(), |values| {
        // A row that the schema refuses was damaged.
        insert.execute(params_from_iter(values)).or_else(|error| match StoreError::from(error) {
            StoreError::Sql(_) => Ok(0),
            other => Err(other),
        })?;
        Ok(true)
    })
}

/// Hands over rows until the end, the damage or a `false`: true for the end.
fn read(
    old: &Connection,
    sql: &str,
    columns: usize,
    mut each: impl FnMut(Vec<Value>) -> Result<bool, StoreError>,
) -> Result<bool, StoreError> {
    let Ok(mut query) = old.prepare(sql) else { return Ok(false) };
    let Ok(mut rows) = query.query(()) else { return Ok(false) };
    loop {
        let row = match rows.next() {
            Ok(Some(row)) => row,
            Ok(None) => return Ok(true),
            Err(_) => return Ok(false),
        };
        let Ok(values) = (0..columns).map(|column| row.get(column)).collect::<Result<Vec<Value>, _>>() else {
            return Ok(false);
        };
        if !each(values)? {
            return Ok(true);
        }
    }
}

/// Own events from both ends of the table, so that a damaged page in its middle costs no more than itself; what cannot be
/// reached in this way is carved out of the bytes.
fn copy_events(old: &Connection, new: &Connection, path: &Path) -> Result<bool, StoreError> {
    let mut insert = new.prepare(include_str!("sql/salvage_event.sql"))?;
    let mut keep = |mut values: Vec<Value>| {
        let event = match values.get(5) {
            Some(Value::Text(bytes)) => Event::decode(bytes.as_bytes()).ok(),
            _ => None,
        };
        let (Some(event), Some(id)) = (event, values.get_mut(3)) else { return Ok(true) };
        // The bytes are what the chain vouches for.
        *id = Value::Blob(event.id.0.as_bytes().to_vec());
        // A damaged number may be another row's; that is no reason to end.
        insert.execute(params_from_iter(values)).map_err(StoreError::from)?;
        Ok(true)
    };
    let columns = "n, epoch, seq, id, hash, bytes, operator, at, verdict, reason, backed_up";
    let whole = read(old, &format!("SELECT {columns} FROM event NOT INDEXED ORDER BY n"), 11, &mut keep)?;
    if !whole {
        read(old, &format!("SELECT {columns} FROM event NOT INDEXED ORDER BY n DESC"), 11, &mut keep)?;
        carve(path, new, false)?;
    }
    let altered = drop_altered(new)?;
    let mut waiting = new.prepare("INSERT OR IGNORE INTO outbox (n) SELECT n FROM event WHERE n = ?1")?;
    let known = read(old, "SELECT n FROM outbox ORDER BY n", 1, |values| {
        waiting.execute(params_from_iter(values)).map_err(StoreError::from)?;
        Ok(true)
    })?;
    if !known {
        // The server drops what it has already; sending too much is safe.
        new.execute("INSERT OR IGNORE INTO outbox (n) SELECT n FROM event WHERE verdict IS NULL", ())?;
    }
    Ok(whole && known && !altered)
}

/// Bytes that do not fit their hash are not what was confirmed; the file that was moved aside still has them.
fn drop_altered(new: &Connection) -> Result<bool, StoreError> {
    let mut altered = Vec::new();
    {
        let mut query = new.prepare("SELECT n, epoch, seq, hash, bytes FROM event ORDER BY epoch, seq")?;
        let mut rows = query.query(())?;
        let mut last: Option<(i64, i64, Hash)> = None;
        while let Some(row) = rows.next()? {
            let (epoch, seq, hash): (i64, i64, Hash) = (row.get(1)?, row.get(2)?, Hash(row.get(3)?));
            let bytes: String = row.get(4)?;
            let prev = match last {
                _ if seq == 1 => Some(Hash::default()),
                Some((e, s, prev)) if (e, s + 1) == (epoch, seq) => Some(prev),
                _ => None,
            };
            if prev.is_some_and(|prev| Hash::chain(prev, bytes.as_bytes()) != hash) {
                altered.push(row.get::<_, i64>(0)?);
            }
            last = Some((epoch, seq, hash));
        }
    }
    for n in &altered {
        new.execute("DELETE FROM outbox WHERE n = ?1", [n])?;
        new.execute("DELETE FROM event WHERE n = ?1", [n])?;
    }
    Ok(!altered.is_empty())
}

/// Balances and progress without what was pending; that is replayed from the events.
fn copy_sums(old: &Connection, new: &Connection) -> Result<bool, StoreError> {
    let mut complete = copy_stock(old, new)?;
    let progress = "SELECT order_id, line, item, lot, serial, stage, base FROM progress WHERE base <> 0";
    let mut insert = new.prepare(include_str!("sql/salvage_progress.sql"))?;
    complete &= read(old, progress, 7, |values| {
        insert.execute(params_from_iter(values)).map_err(StoreError::from).map(|_| true)
    })?;
    let closed = "SELECT order_id, base FROM order_closed WHERE base <> 0";
    let mut insert = new.prepare("INSERT OR IGNORE INTO order_closed (order_id, base) VALUES (?1, ?2)")?;
    complete &= read(old, closed, 2, |values| {
        insert.execute(params_from_iter(values)).map_err(StoreError::from).map(|_| true)
    })?;
    Ok(complete)
}

/// Each balance is filed anew under what is known of its lot and its location in the new file.
fn copy_stock(old: &Connection, new: &Connection) -> Result<bool, StoreError> {
    let sql = "SELECT item, lot, serial, location, hu, base, since FROM stock WHERE base <> 0";
    let Ok(mut query) = old.prepare(sql) else { return Ok(false) };
    let Ok(mut rows) = query.query(()) else { return Ok(false) };
    loop {
        let row = match rows.next() {
            Ok(Some(row)) => row,
            Ok(None) => return Ok(true),
            Err(_) => return Ok(false),
        };
        let balance = || {
            let key = lot_key(row, 0, 1)?;
            let place = Place { location: LocationId(row.get(3)?), hu: label(row, 4)? };
            let key = StockKey { item: key.item, lot: key.lot, serial: label(row, 2)?, place };
            Ok::<_, rusqlite::Error>((key, row.get::<_, i64>(5)?, Timestamp(row.get(6)?)))
        };
        match balance() {
            Ok((key, base, since)) => add_stock(new, &key, base, 0, since)?,
            Err(_) => return Ok(false),
        }
    }
}
