//! 100,000 queued events from a handheld's file to the server's over loopback HTTP, SQLite with `synchronous=FULL` on
//! both ends, every check and projection on, beside the bare pipeline: the same batches read, parsed, inserted and
//! marked with the same pragmas, and nothing else.
//!
//! `cargo bench --no-default-features --features net,server --bench bench -- sync`; `BENCH_EVENTS=10000` for a short run.

use crate::report::{Report, Times};
use crate::site::{self, Folder, NOW};
use firstout::demo::{Rng, Warehouse, warehouse};
use firstout::domain::{
    Body, Event, EventId, ItemId, LocationId, LotFacts, LotNumber, MasterRecord, Move, MoveKind, Movement,
    OrderId, Pick, Place, Quantity, Receipt, SiteId, UserId, day_from_number,
};
use firstout::server::{Config, start_background};
use firstout::store::{Draft, Identity, Store};
use firstout::sync::driver::{Replica, Step, SyncWorker};
use firstout::sync::engine::{Activity, Input};
use firstout::sync::http::{HttpTransport, enrol};
use firstout::sync::transport::Transport;
use firstout::sync::wire::{Envelope, Hash, PushRequest, REQUEST_BYTES_MAX, REQUEST_EVENTS_MAX};
use rusqlite::Connection;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;
use uuid::Uuid;

const SITE: SiteId = SiteId(1);
/// A device keeps 50,000 unsent events, so two devices bring 100,000.
const DEVICES: u64 = 2;
/// Half the throughput of the bare pipeline.
const SLOWER_MAX: f64 = 2.0;

pub fn run(report: &mut Report) {
    let events = std::env::var("BENCH_EVENTS").ok().and_then(|text| text.parse().ok()).unwrap_or(100_000_u64);
    let folder = Folder::new("sync");
    let site = warehouse(7, day_from_number(site::TODAY).expect("a day"));
    let mut config = Config::local(folder.file("server"));
    config.clock = Arc::new(|| NOW);
    let server = start_background(config).expect("a server");
    let records: Vec<MasterRecord> = site.master().collect();
    server.run(async |storage| storage.append_master(SITE, records).await).expect("master data");
    let url = format!("http://{}", server.addr);
    let (mut safe, mut back, mut bare) = (Times::default(), Times::default(), Times::default());
    for number in 0..DEVICES {
        let token = server.token(SITE, "").expect("a token");
        let file = folder.file(&format!("device-{number}.db"));
        let (mut store, mut net) = device(&file, &url, token.reveal(), &folder);
        let mut worker = Worker::start(&mut store, &mut net);
        worker.until(&mut store, &mut net, |_| false);
        fill(&mut store, &site, number, events / DEVICES);
        let mut pipeline = Pipeline::new(&store, &folder, number);
        bare.measure(|| pipeline.run());
        safe.measure(|| {
            worker = Worker::start(&mut store, &mut net);
            worker.until(&mut store, &mut net, |store| store.pending() == 0);
        });
        assert_eq!(store.pending(), 0);
        back.measure(|| worker.until(&mut store, &mut net, |_| false));
    }
    let name = format!("sync, {} events made safe on the server", events / DEVICES);
    report.against(&name, &safe, &bare, SLOWER_MAX, f64::INFINITY);
    let name = format!("sync, {} events come back in the stream", events / DEVICES);
    report.within(&name, &back, Duration::from_secs(60));
}

/// The worker and the request that it has ready.
struct Worker(SyncWorker, Step);

impl Worker {
    fn start(store: &mut Store, _net: &mut HttpTransport) -> Self {
        let mut worker = SyncWorker::new(1);
        let step = worker.start(store, NOW);
        Self(worker, step)
    }

    /// Runs until `done`, or until everything is equal.
    fn until(&mut self, store: &mut Store, net: &mut HttpTransport, done: impl Fn(&Store) -> bool) {
        while let Some((number, request)) = self.1.send.take() {
            let input = Input::Replied(number, net.send(&request).expect("an answer"));
            self.1 = self.0.feed(store, NOW, input);
            if done(store) {
                return;
            }
        }
        assert!(matches!(self.0.activity(), Activity::InStep(_)), "{:?}", self.0.activity());
    }
}

fn device(file: &Path, url: &str, token: &str, folder: &Folder) -> (Store, HttpTransport) {
    let reply = enrol(url, token, "HH-01", b"").expect("a client").expect("an enrolment");
    let (mut store, _) = Store::open(file, NOW).expect("a store");
    let net = HttpTransport::new(url, &reply.secret, b"", &folder.file("")).expect("a client");
    store
        .enrol(Identity {
            device: reply.device,
            epoch: reply.epoch,
            secret: reply.secret,
            site: reply.site,
            server_id: reply.server_id,
            server_epoch: reply.server_epoch,
            server_url: url.into(),
            name: "HH-01".into(),
        })
        .expect("an enrolment");
    (store, net)
}

/// A day's mix: each lot comes in on a pallet, is put away and is picked from in pieces.
fn fill(store: &mut Store, site: &Warehouse, device: u64, events: u64) {
    let mut rng = Rng::new(device);
    let mut made = 0;
    let mut lot = 0_u64;
    while made < events {
        lot += 1;
        let item = rng.pick(&site.items).expect("it works").id;
        let number = LotNumber::new(&format!("B{device}-{lot}")).expect("it works");
        let shelf = rng.pick(&site.locations).expect("it works").id;
        let order = rng.pick(&site.orders).expect("it works").id;
        for body in story(item, &number, site.site.dock, shelf, site.site.staging, order) {
            if made < events {
                let operator = UserId(1 + i64::try_from(made % 3).expect("it works"));
                store
                    .confirm(Draft {
                        id: EventId(Uuid::from_u64_pair(device + 1, made)),
                        operator,
                        at: NOW,
                        body,
                    })
                    .expect("it works");
                made += 1;
            }
        }
    }
}

fn story(
    item: ItemId,
    lot: &LotNumber,
    dock: LocationId,
    shelf: LocationId,
    staging: LocationId,
    order: OrderId,
) -> Vec<Body> {
    let movement = |units: i64, from: LocationId, to: LocationId, line| Movement {
        item,
        lot: Some(lot.clone()),
        serial: None,
        quantity: Quantity::new(units).expect("it works"),
        from: Place::at(from),
        to: Place::at(to),
        line,
    };
    let facts = LotFacts {
        item,
        lot: lot.clone(),
        expiry: "2027-03-14".parse().ok(),
        best_before: None,
        produced: "2026-11-01".parse().ok(),
        supplier_lot: None,
        vintage: None,
        origin: None,
    };
    let lines = vec![movement(60, LocationId::SUPPLIER, dock, None)];
    let receipt = Receipt { order: None, supplier: None, lots: vec![facts], lines, reason: None };
    let put_away = Move { kind: MoveKind::PutAway, lines: vec![movement(60, dock, shelf, None)] };
    let mut bodies = vec![Body::Receipt(receipt), Body::Move(put_away)];
    bodies.extend((0..6).map(|_| {
        let lines = vec![movement(10, shelf, staging, Some(1))];
        Body::Pick(Pick { order, lines, fefo: None })
    }));
    bodies
}

const PRAGMAS: &str = "PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL; PRAGMA foreign_keys = ON;";
const SERVER_TABLE: &str = "CREATE TABLE event (
  seq INTEGER PRIMARY KEY, id BLOB NOT NULL UNIQUE, device BLOB NOT NULL, epoch INTEGER NOT NULL,
  kind TEXT NOT NULL, bytes TEXT NOT NULL, hash BLOB NOT NULL, UNIQUE (device, epoch, seq)) STRICT";
const DEVICE_TABLE: &str = "CREATE TABLE event (
  seq INTEGER PRIMARY KEY, bytes TEXT NOT NULL, hash BLOB NOT NULL, state INTEGER NOT NULL) STRICT";

/// The least that any sync must do with the same events, batch by batch: read, pack as JSON, parse, insert, mark.
struct Pipeline {
    device: Connection,
    server: Connection,
    head: PushRequest,
}

impl Pipeline {
    fn new(store: &Store, folder: &Folder, number: u64) -> Self {
        let mut device = Connection::open(folder.file(&format!("bare-device-{number}.db"))).expect("a file");
        let server = Connection::open(folder.file(&format!("bare-server-{number}.db"))).expect("a file");
        device.execute_batch(&format!("{PRAGMAS}{DEVICE_TABLE}")).expect("a table");
        server.execute_batch(&format!("{PRAGMAS}{SERVER_TABLE}")).expect("a table");
        copy(store, &mut device);
        let head = store.push_request(0, 1, 1, NOW).expect("a push");
        Self { device, server, head }
    }

    fn run(&mut self) {
        let mut after = 0;
        loop {
            let events = read(&self.device, after);
            let Some(last) = events.last() else { return };
            after = last.seq;
            let body = serde_json::to_vec(&PushRequest { events, ..self.head.clone() }).expect("JSON");
            let push: PushRequest = serde_json::from_slice(&body).expect("a push");
            insert(&mut self.server, &push);
            let tx = self.device.transaction().expect("a transaction");
            for envelope in &push.events {
                let sql = "UPDATE event SET state = 1 WHERE seq = ?1";
                tx.prepare_cached(sql).expect("SQL").execute([envelope.seq as i64]).expect("a row");
            }
            tx.commit().expect("a commit");
        }
    }
}

fn copy(store: &Store, device: &mut Connection) {
    let mut after = 0;
    loop {
        let Ok(push) = store.push_request(after, 5_000, usize::MAX, NOW) else { return };
        let Some(last) = push.events.last() else { return };
        after = last.seq;
        let tx = device.transaction().expect("it works");
        for envelope in &push.events {
            let sql = "INSERT INTO event VALUES (?1, ?2, ?3, 0)";
            let row = (envelope.seq as i64, &envelope.bytes, envelope.hash.0);
            tx.prepare_cached(sql).expect("it works").execute(row).expect("it works");
        }
        tx.commit().expect("it works");
    }
}

fn read(device: &Connection, after: u64) -> Vec<Envelope> {
    let sql = "SELECT seq, bytes, hash FROM event WHERE seq > ?1 AND state = 0 ORDER BY seq LIMIT ?2";
    let mut query = device.prepare_cached(sql).expect("it works");
    let rows = query.query_map((after as i64, REQUEST_EVENTS_MAX as i64), |row| {
        Ok(Envelope { seq: row.get::<_, i64>(0)? as u64, bytes: row.get(1)?, hash: Hash(row.get(2)?) })
    });
    let mut size = 0;
    let fits = |envelope: &Envelope| {
        size += envelope.bytes.len();
        size <= REQUEST_BYTES_MAX
    };
    rows.expect("it works").map(Result::unwrap).take_while(fits).collect()
}

fn insert(server: &mut Connection, push: &PushRequest) {
    let tx = server.transaction().expect("it works");
    for envelope in &push.events {
        let event = Event::decode(envelope.bytes.as_bytes()).expect("it works");
        let sql = "INSERT INTO event VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)";
        tx.prepare_cached(sql)
            .expect("it works")
            .execute((
                envelope.seq as i64,
                event.id.0.as_bytes(),
                push.device.0.as_bytes(),
                push.epoch,
                event.body.kind(),
                &envelope.bytes,
                envelope.hash.0,
            ))
            .expect("it works");
    }
    tx.commit().expect("it works");
}
