//! The least that any sync must do with the same events: read a batch, pack it as JSON, parse it, write its rows, mark it
//! as sent. Nothing is checked, looked up or hashed, and nothing crosses a network; each device has a thread, as in life.
//!
//! The statements are the server's and the handheld's own, so that the rows are the same.

use crate::sync::DEVICES;
use firstout::domain::{Event, HuCode, LotNumber, SerialNumber};
use firstout::ledger::{Effect, Stage, effects};
use firstout::sync::wire::{Envelope, Hash, PushRequest, REQUEST_BYTES_MAX, REQUEST_EVENTS_MAX, ServerEpoch};
use rusqlite::config::DbConfig;
use rusqlite::{Connection, Params, params};
use std::path::{Path, PathBuf};
use std::sync::Mutex;

macro_rules! store_sql {
    ($name:literal) => {
        include_str!(concat!("../src/store/sql/", $name, ".sql"))
    };
}

const SERVER: &str = "server/firstout.sqlite";
const SITE: i64 = 1;

/// What is written on the server's side.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Rows {
    /// Events alone, in a table with two keys.
    Events,
    /// Every row that the server writes.
    All,
}

const EVENTS_TABLE: &str = "CREATE TABLE bare (
  seq INTEGER PRIMARY KEY, id BLOB NOT NULL UNIQUE, device BLOB NOT NULL, epoch INTEGER NOT NULL, n INTEGER NOT NULL,
  kind TEXT NOT NULL, bytes TEXT NOT NULL, hash BLOB NOT NULL, UNIQUE (device, epoch, n)) STRICT";

/// The files of a round.
pub struct Bare {
    folder: PathBuf,
    rows: Rows,
    server: Mutex<Server>,
    devices: Vec<Connection>,
}

struct Server {
    db: Connection,
    next: i64,
}

impl Bare {
    pub fn new(folder: &Path, rows: Rows) -> Self {
        let db = open(&folder.join(SERVER), include_str!("pipeline/open.sql"));
        if rows == Rows::Events {
            db.execute_batch(EVENTS_TABLE).expect("a table");
        }
        let device = |number| open(&folder.join(format!("device-{number}.db")), store_sql!("pragmas"));
        let server = Mutex::new(Server { db, next: 1 });
        Self { folder: folder.to_owned(), rows, server, devices: (0..DEVICES).map(device).collect() }
    }

    pub fn run(&mut self) {
        let (server, rows) = (&self.server, self.rows);
        std::thread::scope(|scope| {
            for device in &mut self.devices {
                scope.spawn(move || send(device, server, rows));
            }
        });
    }

    /// The same rows are in the other folder's server.
    pub fn assert_equal(&self, real: &Path) {
        let real = open(&real.join(SERVER), "");
        let ours = open(&self.folder.join(SERVER), "");
        for table in ["event", "stock", "change", "lot", "origin", "progress", "destination", "chain", "hold"]
        {
            let count = |db: &Connection| -> i64 {
                db.query_row(&format!("SELECT count(*) FROM {table}"), (), |row| row.get(0)).expect("a count")
            };
            assert_eq!(count(&real), count(&ours), "rows of {table}");
        }
        let sums = "SELECT item, lot, location, units FROM stock ORDER BY item, lot, location";
        assert_eq!(all(&real, sums), all(&ours, sums), "balances");
        let sums = "SELECT order_id, line, item, picked FROM progress ORDER BY order_id, line, item, lot";
        assert_eq!(all(&real, sums), all(&ours, sums), "progress");
    }
}

fn all(db: &Connection, sql: &str) -> Vec<String> {
    let mut query = db.prepare(sql).expect("SQL");
    let rows = query.query_map((), |row| {
        Ok((0..4)
            .map(|column| format!("{:?}", row.get_ref(column).expect("a value")))
            .collect::<Vec<_>>()
            .join(" "))
    });
    rows.expect("rows").map(Result::unwrap).collect()
}

fn open(path: &Path, pragmas: &str) -> Connection {
    let db = Connection::open(path).expect("a file");
    db.set_db_config(DbConfig::SQLITE_DBCONFIG_ENABLE_QPSG, true).expect("a setting");
    db.set_prepared_statement_cache_capacity(128);
    db.execute_batch(pragmas).expect("pragmas");
    db
}

fn send(device: &mut Connection, server: &Mutex<Server>, rows: Rows) {
    let head = head(device);
    let mut after = 0;
    loop {
        let events = read(device, after);
        let Some(last) = events.last() else { return };
        after = last.seq;
        let body = serde_json::to_vec(&PushRequest { events, ..head.clone() }).expect("JSON");
        let push: PushRequest = serde_json::from_slice(&body).expect("a push");
        let events: Vec<Event> =
            push.events.iter().map(|one| Event::decode(one.bytes.as_bytes()).expect("an event")).collect();
        let first = server.lock().expect("a server").insert(&push, &events, rows);
        mark(device, &push, first);
    }
}

fn head(device: &Connection) -> PushRequest {
    let sql = "SELECT device, epoch, server_epoch FROM device";
    let uuid = |bytes: [u8; 16]| uuid::Uuid::from_bytes(bytes);
    device
        .query_row(sql, (), |row| {
            Ok(PushRequest {
                device: firstout::domain::DeviceId(uuid(row.get(0)?)),
                epoch: row.get(1)?,
                server_epoch: ServerEpoch(uuid(row.get(2)?)),
                device_now: crate::site::NOW,
                prev_hash: Hash::default(),
                events: Vec::new(),
                signature: firstout::domain::Signature([0; 64]),
            })
        })
        .expect("an identity")
}

fn read(device: &Connection, after: u64) -> Vec<Envelope> {
    let mut query = device.prepare_cached(store_sql!("outbox_page")).expect("SQL");
    let rows = query.query_map((after as i64, REQUEST_EVENTS_MAX as i64), |row| {
        Ok(Envelope { seq: row.get::<_, i64>(0)? as u64, bytes: row.get(1)?, hash: Hash(row.get(2)?) })
    });
    let mut size = 0;
    let fits = |envelope: &Envelope| {
        size += envelope.bytes.len();
        size <= REQUEST_BYTES_MAX
    };
    rows.expect("rows").map(Result::unwrap).take_while(fits).collect()
}

fn mark(device: &mut Connection, push: &PushRequest, first: i64) {
    let tx = device.transaction().expect("a transaction");
    for (place, envelope) in push.events.iter().enumerate() {
        execute(&tx, store_sql!("outbox_ack"), (push.epoch, envelope.seq as i64, first + place as i64));
    }
    let last = push.events.last().map_or(0, |last| last.seq as i64);
    execute(&tx, store_sql!("contact_acked"), (crate::site::NOW.0, last));
    tx.commit().expect("a commit");
}

fn execute(db: &Connection, sql: &str, row: impl Params) {
    db.prepare_cached(sql).expect("SQL").execute(row).expect("a row");
}

impl Server {
    /// Returns the place of the first one.
    fn insert(&mut self, push: &PushRequest, events: &[Event], rows: Rows) -> i64 {
        let first = self.next;
        let tx = self.db.transaction().expect("a transaction");
        for (envelope, event) in push.events.iter().zip(events) {
            match rows {
                Rows::Events => bare_event(&tx, push, envelope, event, self.next),
                Rows::All => all_rows(&tx, push, envelope, event, self.next),
            }
            self.next += 1;
        }
        if rows == Rows::All {
            let (device, last) = (push.device.0.as_bytes(), push.events.last().expect("an event"));
            let (end, now) = (last.seq as i64, crate::site::NOW.0);
            execute(
                &tx,
                include_str!("pipeline/save_chain.sql"),
                (SITE, device, push.epoch, end, last.hash.0, None::<[u8; 64]>),
            );
            execute(&tx, include_str!("pipeline/save_device.sql"), (SITE, device, push.epoch, end, now, 0));
            let step = params![SITE, "site", self.next - first, last.hash.0, first];
            tx.query_row(include_str!("pipeline/advance.sql"), step, |_| Ok(())).expect("a counter");
        }
        tx.commit().expect("a commit");
        first
    }
}

/// Writes packed pushes into a server's file, each in a transaction of its own; how many events.
pub fn write_pushes<'a>(file: &Path, packed: impl Iterator<Item = &'a [u8]>, rows: Rows) -> usize {
    let mut server = Server { db: open(file, include_str!("pipeline/open.sql")), next: 1 };
    let mut written = 0;
    for body in packed {
        let body = zstd::decode_all(body).expect("it unpacks");
        let push: PushRequest = serde_json::from_slice(&body).expect("a push");
        let events: Vec<Event> =
            push.events.iter().map(|one| Event::decode(one.bytes.as_bytes()).expect("an event")).collect();
        written += events.len();
        server.insert(&push, &events, rows);
    }
    written
}

fn bare_event(db: &Connection, push: &PushRequest, envelope: &Envelope, event: &Event, seq: i64) {
    let (id, device) = (event.id.0.as_bytes(), push.device.0.as_bytes());
    let row = params![
        seq,
        id,
        device,
        push.epoch,
        envelope.seq as i64,
        event.body.kind(),
        envelope.bytes,
        envelope.hash.0
    ];
    execute(db, "INSERT INTO bare VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)", row);
}

fn all_rows(db: &Connection, push: &PushRequest, envelope: &Envelope, event: &Event, seq: i64) {
    let (id, device) = (event.id.0.as_bytes(), push.device.0.as_bytes());
    let (kind, at, hash) = (event.body.kind(), event.corrected_at().0, envelope.hash.0);
    let place = params![
        SITE,
        seq,
        id,
        device,
        push.epoch,
        envelope.seq as i64,
        0,
        "",
        kind,
        at,
        0,
        envelope.bytes,
        hash,
        hash
    ];
    execute(db, include_str!("pipeline/insert_event.sql"), place);
    for (n, effect) in effects(event).into_iter().enumerate() {
        match effect {
            Effect::Stock { key, delta } => {
                let (lot, serial) = (lot(key.lot.as_ref()), serial(key.serial.as_ref()));
                let (item, location, hu) = (key.item.0, key.place.location, hu(key.place.hu.as_ref()));
                let units = delta.units();
                execute(
                    db,
                    include_str!("pipeline/add_stock.sql"),
                    (SITE, item, lot, serial, location.0, hu, units, at),
                );
                if !location.is_virtual() {
                    let kind = if kind == "pick" && delta.is_negative() { 2 } else { 0 };
                    let n = n as i64;
                    let row =
                        params![SITE, item, lot, serial, location.0, hu, seq, n, at, units, kind, device];
                    execute(db, include_str!("pipeline/insert_change.sql"), row);
                }
            }
            Effect::Lot { facts, received } => {
                let said = serde_json::to_string(facts).expect("JSON");
                let row = (SITE, facts.item.0, facts.lot.as_str(), id, received.0, said);
                execute(db, include_str!("pipeline/save_lot.sql"), row);
            }
            Effect::Origin { lot: of, supplier, order, quantity } => {
                let (supplier, order) = (supplier.map(|id| id.0), order.map(|id| id.0));
                let row =
                    params![SITE, of.item.0, lot(of.lot.as_ref()), id, supplier, order, quantity.units(), at];
                execute(db, include_str!("pipeline/add_origin.sql"), row);
            }
            Effect::Progress { order, line, lot: of, serial: unit, stage, quantity } => {
                let at_stage = |counted| if stage == counted { quantity.units() } else { 0 };
                let row = params![
                    SITE,
                    order.0,
                    line,
                    of.item.0,
                    lot(of.lot.as_ref()),
                    serial(unit.as_ref()),
                    at_stage(Stage::Received),
                    at_stage(Stage::Picked),
                    at_stage(Stage::Dispatched),
                    at_stage(Stage::Short)
                ];
                execute(db, include_str!("pipeline/add_progress.sql"), row);
            }
            other => panic!("the day has no {other:?}"),
        }
    }
}

fn lot(lot: Option<&LotNumber>) -> &str {
    lot.map_or("", LotNumber::as_str)
}

fn serial(serial: Option<&SerialNumber>) -> &str {
    serial.map_or("", SerialNumber::as_str)
}

fn hu(hu: Option<&HuCode>) -> &str {
    hu.map_or("", HuCode::as_str)
}
