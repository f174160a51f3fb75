//! Real stores, the real HTTP executor and the real server in one process.

use crate::server_database::{Db, number, on_every_database};
use crate::server_support::{SITE, TestServer, folder, new_key};
use crate::sync_sim::world::{DOCK, ITEMS, OUTBOUND, PICKER, SHELVES, STAGING, SUPERVISOR, records};
use firstout::domain::{
    Body, EventId, Hold, HoldKind, HoldTarget, LocationId, LotFacts, LotKey, LotNumber, Move, MoveKind,
    Movement, Pick, Place, Quantity, Reason, Receipt, StockKey, Timestamp, UserId,
};
use firstout::server::devices;
use firstout::server::storage::StorageError;
use firstout::store::{Draft, Identity, Store};
use firstout::sync::cli::{self, SyncArgs};
use firstout::sync::driver::{Courier, Report, SyncWorker, sync_once};
use firstout::sync::engine::{Activity, Failure, Input, Problem, Reply};
use firstout::sync::http::{Clock, Enrolled, HttpTransport, Signer, enrol};
use firstout::sync::transport::{Request, Transport};
use firstout::sync::wire::{Invitation, Stream};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, mpsc};
use std::time::Duration;
use uuid::Uuid;

/// A handheld: its file, its store and its way to the server.
pub struct Handheld {
    pub folder: PathBuf,
    pub store: Store,
    net: HttpTransport,
}

fn warehouse(db: Db, name: &str) -> TestServer {
    let server = TestServer::start(db, name);
    server.background.run(async |storage| storage.append_master(SITE, records()).await).unwrap();
    server
}

pub fn now(server: &TestServer) -> Timestamp {
    Timestamp(server.clock.load(Ordering::Relaxed))
}

pub fn handheld(server: &TestServer, name: &str) -> Handheld {
    let folder = folder(name);
    std::fs::create_dir_all(&folder).unwrap();
    let url = format!("http://{}", server.addr);
    let token = server.background.token(SITE, "").unwrap().reveal().to_owned();
    let key = new_key();
    let invitation = Invitation { url: url.clone(), authority: None, token };
    let Enrolled { reply, roots } = enrol(&invitation, name, &key, "", &clock(server)).unwrap().unwrap();
    let (mut store, _) = Store::open(&folder.join("device.db"), now(server)).unwrap();
    store
        .enrol(Identity {
            device: reply.device,
            epoch: reply.epoch,
            key,
            site: reply.site,
            server_id: reply.server_id,
            server_epoch: reply.server_epoch,
            server_url: url,
            roots,
            name: name.into(),
        })
        .unwrap();
    let net = transport(&store, server, &folder);
    Handheld { folder, store, net }
}

fn clock(server: &TestServer) -> Clock {
    let hand = Arc::clone(&server.clock);
    Arc::new(move || Timestamp(hand.load(Ordering::Relaxed)))
}

/// To that server, in the name of that store's device.
fn transport(store: &Store, server: &TestServer, folder: &Path) -> HttpTransport {
    let Identity { site, device, key, .. } = store.identity().unwrap().unwrap();
    let signer = Signer::new(site, device, key, clock(server));
    HttpTransport::new(&format!("http://{}", server.addr), signer, b"", folder).unwrap()
}

impl Handheld {
    pub fn does(&mut self, operator: UserId, body: Body, at: Timestamp) -> EventId {
        does(&mut self.store, operator, body, at)
    }

    fn sync(&mut self, server: &TestServer) -> Report {
        sync_once(&mut self.store, &mut self.net, || now(server))
    }

    pub fn in_step(&mut self, server: &TestServer) {
        let report = self.sync(server);
        assert!(matches!(report.activity, Activity::InStep(_)), "{report:?}");
        assert_eq!(self.store.pending(), 0);
    }

    fn at(&self, location: LocationId) -> i64 {
        let key = StockKey { item: ITEMS[0], lot: Some(lot()), serial: None, place: Place::at(location) };
        self.store.balance(&key).unwrap().units()
    }
}

fn does(store: &mut Store, operator: UserId, body: Body, at: Timestamp) -> EventId {
    static COUNT: AtomicU64 = AtomicU64::new(0);
    let number = COUNT.fetch_add(1, Ordering::Relaxed);
    let id = EventId(Uuid::from_u64_pair(std::process::id().into(), number));
    store.confirm(Draft { id, operator, at, body }).unwrap();
    id
}

fn lot() -> LotNumber {
    LotNumber::new("L1").unwrap()
}

fn movement(from: LocationId, to: LocationId) -> Movement {
    Movement {
        item: ITEMS[0],
        lot: Some(lot()),
        serial: None,
        quantity: Quantity::ONE,
        from: Place::at(from),
        to: Place::at(to),
        line: Some(1),
    }
}

pub fn receipt() -> Body {
    let facts = LotFacts {
        item: ITEMS[0],
        lot: lot(),
        expiry: "2027-03-14".parse().ok(),
        best_before: None,
        produced: None,
        supplier_lot: None,
        vintage: None,
        origin: None,
    };
    let lines = vec![Movement { line: None, ..movement(LocationId::SUPPLIER, DOCK) }];
    Body::Receipt(Receipt { order: None, supplier: None, lots: vec![facts], lines, reason: None })
}

fn put_away() -> Body {
    Body::Move(Move { kind: MoveKind::PutAway, lines: vec![movement(DOCK, SHELVES[0])] })
}

fn pick() -> Body {
    Body::Pick(Pick { order: OUTBOUND[0], lines: vec![movement(SHELVES[0], STAGING)], fefo: None })
}

fn assert_sound(server: &TestServer) {
    let findings =
        server.background.run::<_, StorageError, _>(async |storage| storage.verify().await).unwrap();
    assert_eq!(findings.problems, Vec::<String>::new());
}

fn two_handhelds_take_the_last_case_offline_and_both_stories_stand(db: Db) {
    let server = warehouse(db, "last-case-real");
    let (mut first, mut second) = (handheld(&server, "HH-01"), handheld(&server, "HH-02"));
    first.does(PICKER, receipt(), now(&server));
    first.does(PICKER, put_away(), now(&server));
    first.in_step(&server);
    second.in_step(&server);
    assert_eq!((first.at(SHELVES[0]), second.at(SHELVES[0])), (1, 1));
    // No network now: each of them sees one case, and takes it.
    let taken = [first.does(PICKER, pick(), now(&server)), second.does(PICKER, pick(), now(&server))];
    assert_eq!((first.at(SHELVES[0]), second.at(SHELVES[0])), (0, 0));
    server.later(600_000);
    second.in_step(&server);
    first.in_step(&server);
    second.in_step(&server);
    for device in [&first, &second] {
        assert_eq!((device.at(SHELVES[0]), device.at(STAGING)), (-1, 2));
    }
    assert_eq!(server.entries(), 4);
    let [open] = server.open().try_into().unwrap();
    assert_eq!(open.kind, "negative_balance");
    // The one whose push came second is the one that does not add up.
    assert!(open.detail.contains(&taken[0].to_string()), "{}", open.detail);
    // Both picks count: the discrepancy is for a supervisor, neither picker's badge turns red.
    assert_eq!([&first, &second].map(|device| device.store.sync_status().unwrap().refused), [0, 0]);
    assert_sound(&server);
}

/// Lets nothing through, in a way that can be chosen.
struct Outage<'a> {
    way: Failure,
    net: &'a mut HttpTransport,
    until: Timestamp,
    now: &'a std::cell::Cell<Timestamp>,
}

impl Transport for Outage<'_> {
    fn send(&mut self, request: &Request) -> Result<Reply, Failure> {
        if self.now.get() < self.until { Err(self.way.clone()) } else { self.net.send(request) }
    }
}

/// A network on which nothing large gets through.
struct NoPush<'a>(&'a mut HttpTransport);

impl Transport for NoPush<'_> {
    fn send(&mut self, request: &Request) -> Result<Reply, Failure> {
        if matches!(request, Request::Push(_)) { Err(Failure::TimedOut) } else { self.0.send(request) }
    }
}

/// The office sees what a device still holds before any of it arrives, and that nothing is left afterwards.
fn the_server_is_told_what_waits_on_a_device(db: Db) {
    let server = warehouse(db, "waits");
    let mut device = handheld(&server, "HH-01");
    device.in_step(&server);
    let of_device = |server: &TestServer| {
        let row = &server.devices()[0];
        (row.accepted, row.reported)
    };
    for waiting in [1, 3] {
        while device.store.pending() < waiting {
            device.does(PICKER, receipt(), now(&server));
        }
        sync_once(&mut device.store, &mut NoPush(&mut device.net), || now(&server));
        assert_eq!(of_device(&server), (0, waiting));
    }
    device.in_step(&server);
    assert_eq!(of_device(&server), (3, 3));
}

/// An hour of an outage by the engine's own timetable, while the work goes on; then everything arrives.
fn hour(db: Db, name: &str, way: Failure, problem: Problem) {
    let server = warehouse(db, name);
    let mut device = handheld(&server, "HH-01");
    device.in_step(&server);
    let clock = std::cell::Cell::new(now(&server));
    let until = clock.get().plus_ms(3_600_000);
    let mut net = Outage { way, net: &mut device.net, until, now: &clock };
    let mut worker = SyncWorker::new(11);
    let mut step = worker.start(&mut device.store, clock.get());
    let (mut confirmed, mut refused) = (0_u64, 0);
    while clock.get() < until || device.store.pending() > 0 {
        while let Some((number, request)) = step.send.take() {
            let input = match net.send(&request) {
                Ok(reply) => Input::Replied(number, reply),
                Err(failure) => {
                    refused += 1;
                    Input::Failed(number, failure)
                }
            };
            step = worker.feed(&mut device.store, clock.get(), input);
        }
        if clock.get() < until {
            assert!(matches!(worker.activity(), Activity::Waiting(found, _) if found == problem));
            does(&mut device.store, PICKER, receipt(), clock.get());
            confirmed += 1;
            let (pending, last_seq) = (device.store.pending(), device.store.last_seq().unwrap());
            assert_eq!(pending, confirmed);
            let next =
                worker.feed(&mut device.store, clock.get(), Input::EventConfirmed { pending, last_seq });
            assert!(next.send.is_none(), "a scan must not end the wait");
            assert_eq!(device.store.sync_status().unwrap().last_problem.as_deref(), Some(problem.code()));
        }
        if let Some(due) = worker.wake_at() {
            clock.set(due);
            server.clock.store(due.0, Ordering::Relaxed);
            step = worker.feed(&mut device.store, due, Input::Woke);
        }
        assert!(refused < 200, "the server is hammered");
    }
    assert!(confirmed >= 12, "{confirmed} attempts in an hour");
    assert_eq!(server.entries(), confirmed);
    device.in_step(&server);
    assert_eq!(device.at(DOCK), i64::try_from(confirmed).unwrap());
    assert_eq!(device.store.sync_status().unwrap().last_problem, None);
    assert_sound(&server);
}

fn a_server_that_answers_500_for_an_hour_costs_nothing(db: Db) {
    hour(db, "hour-500", Failure::Status { code: 500, retry_after_s: None }, Problem::ServerError);
}

fn a_captive_portal_for_an_hour_costs_nothing(db: Db) {
    hour(db, "hour-portal", Failure::NotFirstout, Problem::Portal);
}

fn a_new_handheld_begins_with_a_snapshot_and_goes_on_with_pages(db: Db) {
    let server = warehouse(db, "snapshot-real");
    let (mut first, mut second) = (handheld(&server, "HH-01"), handheld(&server, "HH-02"));
    for _ in 0..30 {
        first.does(PICKER, receipt(), now(&server));
    }
    let target = HoldTarget::Lot(LotKey { item: ITEMS[0], lot: Some(lot()) });
    let hold = Hold { target, kind: HoldKind::Hold, reason: Reason::Quality, note: String::new() };
    first.does(SUPERVISOR, Body::Hold(hold), now(&server));
    first.in_step(&server);
    second.in_step(&server);
    assert_eq!(second.at(DOCK), 30);
    assert_eq!(second.store.holds().unwrap().len(), 1);
    assert_eq!(second.store.origins(&LotKey { item: ITEMS[0], lot: Some(lot()) }).unwrap().len(), 30);
    first.does(PICKER, put_away(), now(&server));
    first.in_step(&server);
    second.in_step(&server);
    assert_eq!((second.at(DOCK), second.at(SHELVES[0])), (29, 1));
    assert!(!second.folder.join("snapshot.part").exists());
    assert!(!second.folder.join("snapshot.jsonl").exists());
}

fn a_device_that_was_locked_out_keeps_everything(db: Db) {
    let server = warehouse(db, "revoked-real");
    let mut device = handheld(&server, "HH-01");
    device.in_step(&server);
    device.does(PICKER, receipt(), now(&server));
    let Identity { site, device: id, .. } = device.store.identity().unwrap().unwrap();
    let signer = Signer::new(site, id, new_key(), clock(&server));
    let mut stranger =
        HttpTransport::new(&format!("http://{}", server.addr), signer, b"", &device.folder).unwrap();
    let report = sync_once(&mut device.store, &mut stranger, || now(&server));
    assert!(matches!(report.activity, Activity::Waiting(Problem::Revoked, _)), "{report:?}");
    let status = device.store.sync_status().unwrap();
    assert_eq!((status.pending, status.last_problem.as_deref()), (1, Some("revoked")));
    device.in_step(&server);
}

fn a_revoked_device_hands_in_what_it_recorded_and_fetches_nothing(db: Db) {
    let server = warehouse(db, "revoked-hands-in");
    let mut device = handheld(&server, "HH-01");
    let mut other = handheld(&server, "HH-02");
    device.does(PICKER, receipt(), now(&server));
    device.in_step(&server);
    device.does(PICKER, receipt(), now(&server));
    device.does(PICKER, receipt(), now(&server));
    let id = device.store.identity().unwrap().unwrap().device;
    assert!(
        server
            .background
            .run(async |storage| devices::revoke(&storage, SITE, &id.to_string(), now(&server)).await)
            .unwrap()
            .1
    );
    other.does(SUPERVISOR, receipt(), now(&server));
    other.in_step(&server);
    let before = device.store.cursor(Stream::Site).unwrap();

    let report = device.sync(&server);
    assert!(matches!(report.activity, Activity::Waiting(Problem::Revoked, _)), "{report:?}");
    assert_eq!((report.acked, report.taken), (2, 0));
    assert_eq!(device.store.cursor(Stream::Site).unwrap(), before);
    let status = device.store.sync_status().unwrap();
    assert_eq!((status.pending, status.last_problem.as_deref()), (0, Some("revoked")));
    // Not lost: they have their place in the ledger, and no effect on stock.
    assert_eq!(server.entries(), 4);
    let revoked = number(&server.database, "SELECT count(*) FROM event WHERE reason = 'revoked'");
    assert_eq!((revoked, server.open().len()), (2, 1));
    other.in_step(&server);
    assert_eq!(other.at(DOCK), 2);

    // What is recorded after that goes the same way, and enrolled anew it works again.
    device.does(PICKER, receipt(), now(&server));
    assert_eq!(device.sync(&server).acked, 1);
    let again = handheld(&server, "HH-03");
    device.store.enrol(again.store.identity().unwrap().unwrap()).unwrap();
    device.net = transport(&device.store, &server, &device.folder);
    device.does(PICKER, receipt(), now(&server));
    device.in_step(&server);
    other.in_step(&server);
    assert_eq!((device.at(DOCK), other.at(DOCK)), (3, 3));
}

fn a_clock_that_is_years_off_does_not_stop_sync(db: Db) {
    let server = warehouse(db, "wrong-clock");
    let mut device = handheld(&server, "HH-01");
    const YEAR_MS: i64 = 365 * 24 * 60 * 60 * 1_000;
    for years in [-30, -1, 1, 70] {
        let Identity { site, device: id, key, .. } = device.store.identity().unwrap().unwrap();
        let wrong = move |right: Timestamp| right.plus_ms(years * YEAR_MS);
        let right = clock(&server);
        let signer = Signer::new(site, id, key, Arc::new(move || wrong(right())));
        device.net =
            HttpTransport::new(&format!("http://{}", server.addr), signer, b"", &device.folder).unwrap();
        device.does(PICKER, receipt(), wrong(now(&server)));
        let report = sync_once(&mut device.store, &mut device.net, || wrong(now(&server)));
        assert!(matches!(report.activity, Activity::InStep(_)), "{years}: {report:?}");
        assert_eq!(device.store.pending(), 0);
    }
    assert_eq!(server.entries(), 4);
}

fn another_companys_server_gets_nothing(db: Db) {
    let (ours, theirs) = (warehouse(db, "ours"), warehouse(db, "theirs"));
    let mut device = handheld(&ours, "HH-01");
    let other = handheld(&theirs, "HH-01");
    device.does(PICKER, receipt(), now(&ours));
    let mut net = transport(&other.store, &theirs, &device.folder);
    let report = sync_once(&mut device.store, &mut net, || now(&ours));
    assert!(matches!(report.activity, Activity::Waiting(Problem::OtherServer, _)), "{report:?}");
    assert_eq!(theirs.entries(), 0);
    device.in_step(&ours);
    assert_eq!(ours.entries(), 1);
}

fn the_network_has_a_thread_of_its_own(db: Db) {
    let server = warehouse(db, "courier");
    let Handheld { mut store, net, .. } = handheld(&server, "HH-01");
    let (sender, answers) = mpsc::channel();
    let courier = Courier::start(net, move |input| drop(sender.send(input))).unwrap();
    let mut worker = SyncWorker::new(3);
    does(&mut store, PICKER, receipt(), now(&server));
    let mut step = worker.start(&mut store, now(&server));
    while let Some((number, request)) = step.send.take() {
        assert!(courier.send(number, request));
        // While the request is out the store is free: a scan goes through at once.
        if store.last_seq().unwrap() < 3 {
            does(&mut store, PICKER, receipt(), now(&server));
            let (pending, last_seq) = (store.pending(), store.last_seq().unwrap());
            let next = worker.feed(&mut store, now(&server), Input::EventConfirmed { pending, last_seq });
            assert!(next.send.is_none(), "one request at a time");
        }
        let input = answers.recv_timeout(Duration::from_secs(30)).unwrap();
        step = worker.feed(&mut store, now(&server), input);
    }
    assert!(matches!(worker.activity(), Activity::InStep(_)));
    assert_eq!((store.pending(), server.entries()), (0, 3));
}

/// The environment variable that makes this test's process the one that is killed.
const VICTIM: &str = "FIRSTOUT_TEST_VICTIM";

fn killed_between_beep_and_sync_nothing_is_lost(db: Db) {
    if let Ok(file) = std::env::var(VICTIM) {
        victim(Path::new(&file));
    }
    let server = warehouse(db, "killed");
    let Handheld { folder, store, mut net } = handheld(&server, "HH-01");
    drop(store);
    let file = folder.join("device.db");
    let mut child = Command::new(std::env::current_exe().unwrap())
        .args(["--exact", "sync_real::sqlite::killed_between_beep_and_sync_nothing_is_lost", "--nocapture"])
        .env(VICTIM, &file)
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let output = child.stdout.take().unwrap();
    let mut beeps = 0_u64;
    for line in std::io::BufRead::lines(std::io::BufReader::new(output)) {
        beeps += u64::from(line.unwrap().ends_with("beep"));
        if beeps == 5 {
            break;
        }
    }
    assert_eq!(beeps, 5);
    // SIGKILL, in the middle of the next one.
    child.kill().unwrap();
    child.wait().unwrap();
    let (mut store, report) = Store::open(&file, now(&server)).unwrap();
    assert!(report.salvage.is_none());
    let kept = store.pending();
    assert!(kept >= beeps, "{beeps} beeped and {kept} are there");
    let report = sync_once(&mut store, &mut net, || now(&server));
    assert!(matches!(report.activity, Activity::InStep(_)), "{report:?}");
    assert_eq!(server.entries(), kept);
}

/// Confirms until it is killed, and beeps after each.
fn victim(file: &Path) -> ! {
    let (mut store, _) = Store::open(file, Timestamp(1)).unwrap();
    loop {
        does(&mut store, PICKER, receipt(), Timestamp(1));
        println!("beep");
    }
}

fn the_command_line_syncs_and_says_how_it_went(db: Db) {
    let server = warehouse(db, "cli");
    let Handheld { folder, mut store, .. } = handheld(&server, "HH-01");
    does(&mut store, PICKER, receipt(), now(&server));
    drop(store);
    let args = SyncArgs { db: folder.join("device.db") };
    let mut output = vec![];
    cli::run(&args, &clock(&server), &mut output).unwrap();
    let text = String::from_utf8(output).unwrap();
    assert!(text.contains("sent       1 events") && text.contains("waiting    0 events"), "{text}");
    let addr = server.addr;
    drop(server);
    let clock: Clock = Arc::new(|| Timestamp(1));
    let gone = cli::run(&args, &clock, &mut vec![]).unwrap_err();
    assert_eq!(gone.to_string(), "not in step with the server: offline", "{addr}");
    let missing = SyncArgs { db: folder.join("missing.db") };
    assert!(cli::run(&missing, &clock, &mut vec![]).is_err());
    assert!(!missing.db.exists());
}

/// Overwrites a leaf of the table of events that holds neither the first nor the last of them.
fn damage_events(file: &std::path::Path) {
    const PAGE: usize = 4096;
    let mut bytes = std::fs::read(file).unwrap();
    let text = |page: &[u8]| String::from_utf8_lossy(page).into_owned();
    let leaves: Vec<usize> = (1..bytes.len() / PAGE)
        .filter(|index| {
            let page = &bytes[index * PAGE..][..PAGE];
            page[0] == 0x0D && text(page).contains(r#""receipt":"#)
        })
        .collect();
    let middle = leaves[leaves.len() / 2];
    bytes[middle * PAGE..][..PAGE].fill(0xA5);
    std::fs::write(file, &bytes).unwrap();
}

fn what_a_damaged_file_has_lost_is_put_before_the_supervisor(db: Db) {
    let server = warehouse(db, "loss");
    let mut first = handheld(&server, "HH-01");
    first.does(PICKER, receipt(), now(&server));
    first.in_step(&server);
    for _ in 0..60 {
        first.does(PICKER, receipt(), now(&server));
    }
    let file = first.folder.join("device.db");
    first.store = Store::open_in_memory().unwrap();
    damage_events(&file);
    std::fs::write(first.folder.join("device.db.suspect"), b"").unwrap();
    let (store, report) = Store::open(&file, now(&server)).unwrap();
    first.store = store;
    let salvage = report.salvage.expect("the damage is found");
    let [lost] = salvage.lost.as_slice() else { panic!("{salvage:?}") };
    assert_eq!(lost.end() - lost.start() + 1 + salvage.pending, 60);

    // It is told once, also where the program ends before it could.
    drop(std::mem::replace(&mut first.store, Store::open_in_memory().unwrap()));
    first.store = Store::open(&file, now(&server)).unwrap().0;
    let id = |number| EventId(Uuid::from_u64_pair(7, number));
    assert!(first.store.report_loss(id(1), now(&server)).unwrap().is_some());
    assert_eq!(first.store.report_loss(id(2), now(&server)).unwrap(), None);
    first.in_step(&server);
    assert_eq!(server.entries(), 1 + salvage.pending + 1);
    let open = server.open();
    let found: Vec<_> = open.iter().filter(|row| row.kind == "events_lost").collect();
    let [row] = found.as_slice() else { panic!("{open:?}") };
    let numbers = format!(r#""epoch":1,"lost":[[{},{}]]"#, lost.start(), lost.end());
    assert!(row.detail.contains(&numbers), "{}", row.detail);
    assert_sound(&server);
}

on_every_database!(
    two_handhelds_take_the_last_case_offline_and_both_stories_stand,
    the_server_is_told_what_waits_on_a_device,
    a_server_that_answers_500_for_an_hour_costs_nothing,
    a_captive_portal_for_an_hour_costs_nothing,
    a_new_handheld_begins_with_a_snapshot_and_goes_on_with_pages,
    a_device_that_was_locked_out_keeps_everything,
    a_revoked_device_hands_in_what_it_recorded_and_fetches_nothing,
    a_clock_that_is_years_off_does_not_stop_sync,
    another_companys_server_gets_nothing,
    the_network_has_a_thread_of_its_own,
    killed_between_beep_and_sync_nothing_is_lost,
    the_command_line_syncs_and_says_how_it_went,
    what_a_damaged_file_has_lost_is_put_before_the_supervisor,
);
