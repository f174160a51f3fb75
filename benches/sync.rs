//! 100,000 queued events from the files of two handhelds to the server's over loopback HTTP, both at once, SQLite with
//! `synchronous=FULL` on all three, every check and projection on, beside the bare pipeline: the same batches read,
//! packed, parsed, and the same rows written to the same tables with the same pragmas, without a check, a look-up, a
//! hash or a network. [`super::pipeline`] is that; it asserts that the rows are equal.
//!
//! `cargo bench --no-default-features --features net,server --bench bench -- sync`; `BENCH_EVENTS=10000` for a short run.

use crate::pipeline::{Bare, Rows};
use crate::report::{Report, Times};
use crate::site::{self, Folder, NOW};
use firstout::demo::{Rng, Warehouse, warehouse};
use firstout::domain::{
    Body, DeviceKey, Direction, EventId, ItemId, LocationId, LotFacts, LotNumber, MasterRecord, Move,
    MoveKind, Movement, Order, OrderId, OrderStatus, Pick, Place, Quantity, Receipt, SiteId, UserId,
    day_from_number,
};
use firstout::server::{Background, Config, start_background};
use firstout::store::{Draft, Identity, Store};
use firstout::sync::driver::{Step, SyncWorker};
use firstout::sync::engine::{Activity, Input};
use firstout::sync::http::{Clock, Enrolled, HttpTransport, Signer, enrol};
use firstout::sync::transport::Transport;
use firstout::sync::wire::Invitation;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;
use uuid::Uuid;

const SITE: SiteId = SiteId(1);
/// A device keeps 50,000 unsent events, so two devices bring 100,000.
pub const DEVICES: u64 = 2;
/// Each round starts from copies of the same files.
const ROUNDS: usize = 3;
/// Half the throughput of the bare pipeline.
const SLOWER_MAX: f64 = 2.0;

pub fn run(report: &mut Report) {
    let events = std::env::var("BENCH_EVENTS").ok().and_then(|text| text.parse().ok()).unwrap_or(100_000_u64);
    let folder = Folder::new("sync");
    let origin = folder.make("origin");
    prepare(&origin, events);
    let (mut safe, mut back) = (Times::default(), Times::default());
    let (mut same_rows, mut events_only) = (Times::default(), Times::default());
    for round in 0..ROUNDS {
        let place = |name: &str| copy(&origin, &folder.make(&format!("{name}-{round}")));
        let mut bare = Bare::new(&place("events"), Rows::Events);
        events_only.measure(|| bare.run());
        let mut bare = Bare::new(&place("bare"), Rows::All);
        same_rows.measure(|| bare.run());
        let real = place("real");
        sync(&real, &mut safe, &mut back);
        bare.assert_equal(&real);
    }
    let name = format!("sync, {events} events made safe on the server");
    report.against(&name, &safe, &same_rows, SLOWER_MAX, f64::INFINITY);
    report.beside("… against rows of the event table alone", &safe, &events_only);
    report.within("sync, the same events come back in the stream", &back, Duration::from_secs(60));
}

/// A server that knows two devices, and their files full of unsent events.
fn prepare(folder: &Path, events: u64) {
    let site = warehouse(7, day_from_number(site::TODAY).expect("a day"));
    let server = serve(folder);
    let records: Vec<MasterRecord> = site.master().collect();
    server.run(async |storage| storage.append_master(SITE, records).await).expect("master data");
    let url = format!("http://{}", server.addr);
    let devices: Vec<_> = (0..DEVICES)
        .map(|number| {
            let token = server.token(SITE, "").expect("a token");
            device(&folder.join(format!("device-{number}.db")), &url, token.reveal())
        })
        .collect();
    std::thread::scope(|scope| {
        for (number, mut store) in devices.into_iter().enumerate() {
            let (url, site) = (&url, &site);
            scope.spawn(move || {
                let mut net = transport(&store, url, folder);
                Worker::start(&mut store).until_equal(&mut store, &mut net);
                fill(&mut store, site, number as u64, events / DEVICES);
            });
        }
    });
    server.stop();
}

fn serve(folder: &Path) -> Background {
    let mut config = Config::local(folder.join("server"));
    config.clock = Arc::new(|| NOW);
    start_background(config).expect("a server")
}

fn copy(from: &Path, to: &Path) -> PathBuf {
    std::fs::create_dir_all(to).expect("a folder");
    for entry in std::fs::read_dir(from).expect("a folder").map(|entry| entry.expect("an entry")) {
        let target = to.join(entry.file_name());
        match entry.path().is_dir() {
            true => drop(copy(&entry.path(), &target)),
            false => drop(std::fs::copy(entry.path(), target).expect("a copy")),
        }
    }
    to.to_owned()
}

/// All devices at once; the slowest one's time counts.
fn sync(folder: &Path, safe: &mut Times, back: &mut Times) {
    let server = serve(folder);
    let url = format!("http://{}", server.addr);
    let mut devices: Vec<_> = (0..DEVICES)
        .map(|number| {
            let (mut store, _) =
                Store::open(&folder.join(format!("device-{number}.db")), NOW).expect("it opens");
            let net = transport(&store, &url, folder);
            let worker = Worker::start(&mut store);
            (store, net, worker)
        })
        .collect();
    safe.measure(|| {
        std::thread::scope(|scope| {
            for (store, net, worker) in &mut devices {
                scope.spawn(|| worker.until(store, net, |store| store.pending() == 0));
            }
        });
    });
    assert!(devices.iter().all(|(store, ..)| store.pending() == 0));
    let (store, net, worker) = devices.first_mut().expect("a device");
    back.measure(|| worker.until_equal(store, net));
    server.stop();
}

/// The worker and the request that it has ready.
struct Worker(SyncWorker, Step);

impl Worker {
    fn start(store: &mut Store) -> Self {
        let mut worker = SyncWorker::new(1);
        let step = worker.start(store, NOW);
        Self(worker, step)
    }

    fn until(&mut self, store: &mut Store, net: &mut HttpTransport, done: impl Fn(&Store) -> bool) {
        while let Some((number, request)) = self.1.send.take() {
            let input = Input::Replied(number, net.send(&request).expect("an answer"));
            self.1 = self.0.feed(store, NOW, input);
            if done(store) {
                return;
            }
        }
    }

    fn until_equal(&mut self, store: &mut Store, net: &mut HttpTransport) {
        self.until(store, net, |_| false);
        assert!(matches!(self.0.activity(), Activity::InStep(_)), "{:?}", self.0.activity());
    }
}

/// A client in the name of a store's device.
fn transport(store: &Store, url: &str, folder: &Path) -> HttpTransport {
    let Identity { site, device, key, .. } = store.identity().expect("it reads").expect("it is enrolled");
    let signer = Signer::new(site, device, key, Arc::new(|| NOW));
    HttpTransport::new(url, signer, b"", folder).expect("a client")
}

/// A new store.
fn device(file: &Path, url: &str, token: &str) -> Store {
    let mut seed = [7; 32];
    seed.iter_mut().zip(token.bytes().rev()).for_each(|(slot, byte)| *slot = byte);
    let key = DeviceKey::from_seed(&seed);
    let invitation = Invitation { url: url.into(), authority: None, token: token.into() };
    let clock: Clock = Arc::new(|| NOW);
    let Enrolled { reply, roots } =
        enrol(&invitation, "HH-01", &key, "", &clock).expect("a client").expect("an enrolment");
    let (mut store, _) = Store::open(file, NOW).expect("a store");
    store
        .enrol(Identity {
            device: reply.device,
            epoch: reply.epoch,
            key,
            site: reply.site,
            server_id: reply.server_id,
            server_epoch: reply.server_epoch,
            server_url: url.into(),
            roots,
            name: "HH-01".into(),
        })
        .expect("an enrolment");
    store
}

/// A day's mix: each lot comes in on a pallet, is put away and is picked from in pieces.
fn fill(store: &mut Store, site: &Warehouse, device: u64, events: u64) {
    let mut rng = Rng::new(device);
    let mut made = 0;
    let mut lot = 0_u64;
    let open = open_orders(site);
    while made < events {
        lot += 1;
        let item = rng.pick(&site.items).expect("it works").id;
        let number = LotNumber::new(&format!("B{device}-{lot}")).expect("it works");
        let shelf = rng.pick(&site.locations).expect("it works").id;
        let order = *rng.pick(&open).expect("it works");
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

/// What can be picked for: of the warehouse's orders most are deliveries of long ago, and a pick for one of those
/// would open a discrepancy.
pub fn open_orders(site: &Warehouse) -> Vec<OrderId> {
    let sold = |order: &&Order| order.direction == Direction::Outbound && order.status == OrderStatus::Open;
    site.orders.iter().filter(sold).map(|order| order.id).collect()
}

pub fn story(
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
