//! A whole site reconnects at once: 1,000 devices with 1,000 unsent events each, over loopback HTTP with signed and
//! packed requests, against the server as a process of its own. Then a reader takes everything, and a healthy device
//! works beside 2,000 sockets that say half a word. At last the console's pages on a ledger of 10,000,000 events.
//!
//! The bare sketch beside it does in one thread the least that must be done with the same packed pushes: unpack, parse,
//! write the same rows, one commit for each push; it checks, looks up and hashes nothing, and there is no network.
//!
//! `./x bench server`; `BENCH_DEVICES=100 BENCH_POSTGRES_DEVICES=0 BENCH_LEDGER_EVENTS=100000` for a short run; 0 events leave the
//! pages out. The large ledger takes minutes to make and stays in the build folder.

mod herd;
mod ledger;
mod pages;
mod process;

use crate::pipeline::{Rows, write_pushes};
use crate::report::{Report, Times};
use crate::site::{self, Folder};
use firstout::demo::{Warehouse, warehouse};
use firstout::domain::{DeviceId, DeviceKey, MasterRecord, SiteId, day_from_number};
use firstout::server::storage::{Act, AuditEntry, COMMAND_LINE, NewDevice, Place, Storage};
use firstout::server::{Secret, system_clock};
use firstout::sync::wire::ServerEpoch;
use herd::{Device, Handled, Herd, client};
use process::Process;
use std::path::Path;
use std::sync::Arc;
use std::time::{Duration, Instant};
use tokio::runtime::Runtime;
use uuid::Uuid;

const SITE: SiteId = SiteId(1);
/// Of each device.
const EVENTS: usize = 1_000;
const ALL_MAX: Duration = Duration::from_secs(30);
const REQUEST_MAX: Duration = Duration::from_secs(2);
const RESIDENT_MIB_MAX: f64 = 256.0;
/// Of the stream, in a second.
const PULLED_MIN: f64 = 100_000.0;
const PULLED: usize = 100_000;
const HALF_OPEN: usize = 2_000;
/// On PostgreSQL; the time of a device is compared.
const POSTGRES_DEVICES: usize = 1_000;
/// Of PostgreSQL's log, 16 MiB each, which are there before the herd comes: a third of what it writes.
#[cfg(feature = "postgres")]
const LOG_FILES: usize = 40;

fn asked(name: &str, usual: usize) -> usize {
    std::env::var(name).ok().and_then(|text| text.parse().ok()).unwrap_or(usual)
}

pub fn run(report: &mut Report) {
    let folder = Folder::new("server");
    let devices = asked("BENCH_DEVICES", 1_000);
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build();
    let runtime = runtime.expect("a runtime");
    let data = folder.make("sqlite");
    let place = Place::in_folder(&data);
    let herd = prepare(&runtime, &place, &data, devices);
    let (bare, bare_cpu) = bare(&folder, &data, &herd);

    let process = Process::start(&place, &data);
    let handled = runtime.block_on(herd.reconnect(process.addr));
    let name = format!("herd: {devices} devices × {EVENTS} events, SQLite FULL");
    let (cpu, written) = (process.cpu(), process.written_mib());
    eprintln!("  {:.1?}, the server used {cpu:.1?} of processor time, wrote {written:.0} MiB", handled.took);
    told(report, &name, &handled, process.resident_mib_most());
    let ratio = |a: Duration, b: Duration| a.as_secs_f64() / b.as_secs_f64();
    let cpu = process.cpu();
    let (of_time, of_cpu) = (ratio(handled.took, bare), ratio(cpu, bare_cpu));
    report.note(&format!(
        "{name}: the bare sketch took {bare:.1?}, ratio {of_time:.2}×; of processor time {bare_cpu:.1?}, the server {cpu:.1?}, \
         ratio {of_cpu:.2}×"
    ));
    pull(report, &runtime, &herd, &process);
    half_open(report, &runtime, &herd, &process);
    process.stop();
    process::verify(&place, &data, herd.events());
    on_postgres(report, &runtime, &folder, handled.took / u32::try_from(devices).expect("not so many"));
    pages::run(report, &runtime);
}

fn told(report: &mut Report, name: &str, handled: &Handled, resident_mib: f64) {
    let (mut took, requests) = (Times::default(), &handled.requests);
    took.push(handled.took);
    report.within(name, &took, ALL_MAX);
    report.within_p99(&format!("{name}: a request"), requests, REQUEST_MAX);
    report.size(&format!("{name}: memory at most"), resident_mib, RESIDENT_MIB_MAX);
    let Handled { later, .. } = handled;
    report.note(&format!("{name}: {} requests, {later} of them were asked to come later", requests.len()));
}

/// A database with master data and devices; what the devices will send.
fn prepare(runtime: &Runtime, place: &Place, data: &Path, devices: usize) -> Arc<Herd> {
    let warehouse = warehouse(7, day_from_number(site::TODAY).expect("a day"));
    let records: Vec<MasterRecord> = warehouse.master().collect();
    let (epoch, devices) = runtime.block_on(async {
        let storage = Storage::open(place, data).await.expect("a database");
        storage.append_master(SITE, records).await.expect("master data");
        let epoch = storage.identity().await.expect("an identity").epoch;
        let mut enrolled = Vec::with_capacity(devices);
        for number in 0..devices {
            enrolled.push(enrol(&storage, number, DeviceId(Uuid::now_v7())).await);
        }
        storage.close().await;
        (epoch, enrolled)
    });
    made(epoch, devices, &warehouse)
}

fn made(epoch: ServerEpoch, devices: Vec<(DeviceId, DeviceKey)>, site: &Warehouse) -> Arc<Herd> {
    let began = Instant::now();
    let half = devices.len().div_ceil(2).max(1);
    let parts: Vec<Vec<Device>> = std::thread::scope(|scope| {
        let make = |part: &[(DeviceId, DeviceKey)]| {
            part.iter().map(|(device, key)| Device::new(*device, key.clone(), epoch, site)).collect()
        };
        let parts: Vec<_> = devices.chunks(half).map(|part| scope.spawn(move || make(part))).collect();
        parts.into_iter().map(|part| part.join().expect("events")).collect()
    });
    let herd = Arc::new(Herd { epoch, devices: parts.into_iter().flatten().collect() });
    eprintln!("  {} events made in {:.1?}", herd.events(), began.elapsed());
    herd
}

/// As the server does it, without the wire.
async fn enrol(storage: &Storage, number: usize, device: DeviceId) -> (DeviceId, DeviceKey) {
    let now = system_clock()();
    let token = Secret::new(SITE).expect("a token");
    let name = format!("HH-{number:04}");
    let entry =
        AuditEntry { at: now, by: COMMAND_LINE.to_owned(), act: Act::DeviceInvited, subject: name.clone() };
    storage.add_token(&token, &name, now.plus_ms(60_000), entry).await.expect("a token");
    let halves = [*Uuid::now_v7().as_bytes(), *Uuid::now_v7().as_bytes()].concat();
    let key = DeviceKey::from_seed(halves.as_slice().try_into().expect("32 bytes"));
    let new = NewDevice { device, name, key: key.public() };
    storage.enrol(&token, new, now).await.expect("it is saved").expect("a device");
    (device, key)
}

/// The bare sketch on a copy of the same database.
fn bare(folder: &Folder, data: &Path, herd: &Herd) -> (Duration, Duration) {
    let copy = folder.make("bare").join("firstout.sqlite");
    std::fs::copy(data.join("firstout.sqlite"), &copy).expect("a copy");
    let (began, used) = (Instant::now(), process::cpu("self"));
    let written = write_pushes(&copy, herd.packed(), Rows::All);
    let (took, used) = (began.elapsed(), process::cpu("self").saturating_sub(used));
    assert_eq!(written, herd.events());
    eprintln!("  the bare sketch: {took:.1?}, {used:.1?} of processor time");
    (took, used)
}

/// One reader takes the stream from its beginning.
fn pull(report: &mut Report, runtime: &Runtime, herd: &Herd, process: &Process) {
    let wanted = PULLED.min(herd.events());
    let began = Instant::now();
    let taken = runtime.block_on(herd.pull(process.addr, wanted));
    let rate = taken as f64 / began.elapsed().as_secs_f64();
    report.rate("pull, events in a second", rate, PULLED_MIN);
}

/// A device works while others hold sockets open and say nothing more.
fn half_open(report: &mut Report, runtime: &Runtime, herd: &Herd, process: &Process) {
    let requests = runtime.block_on(herd.beside_half_open(process.addr, HALF_OPEN));
    report.within_p99(&format!("a sync beside {HALF_OPEN} half-open sockets"), &requests, REQUEST_MAX);
}

#[cfg(feature = "postgres")]
fn on_postgres(report: &mut Report, runtime: &Runtime, folder: &Folder, sqlite_of_one: Duration) {
    let devices = asked("BENCH_POSTGRES_DEVICES", POSTGRES_DEVICES);
    if devices == 0 {
        return;
    }
    let data = folder.make("postgres");
    let place = crate::database::Db::Postgres.place(&data);
    in_use(&place);
    let herd = prepare(runtime, &place, &data, devices);
    let process = Process::start(&place, &data);
    let handled = runtime.block_on(herd.reconnect(process.addr));
    let name = format!("herd: {devices} devices × {EVENTS} events, PostgreSQL");
    eprintln!("  {:.1?}, the server used {:.1?} of processor time", handled.took, process.cpu());
    told(report, &name, &handled, process.resident_mib_most());
    let of_one = handled.took / u32::try_from(devices).expect("not so many");
    let ratio = of_one.as_secs_f64() / sqlite_of_one.as_secs_f64();
    report.note(&format!("{name}: {ratio:.2}× the time of SQLite for a device"));
    process.stop();
    process::verify(&place, &data, herd.events());
}

/// A cluster that was made a second ago makes each file of its log anew and fills it with zeros before anything is written to it;
/// one in use writes over old ones.
#[cfg(feature = "postgres")]
fn in_use(place: &Place) {
    let Place::Postgres(url) = place else { return };
    for _ in 0..LOG_FILES {
        crate::database::postgres::execute(url, "SELECT pg_logical_emit_message(true, '', 'one more')");
        crate::database::postgres::execute(url, "SELECT pg_switch_wal()");
    }
    crate::database::postgres::execute(url, "CHECKPOINT");
}

#[cfg(not(feature = "postgres"))]
fn on_postgres(report: &mut Report, _: &Runtime, _: &Folder, _: Duration) {
    let _ = (asked("BENCH_POSTGRES_DEVICES", POSTGRES_DEVICES), POSTGRES_DEVICES);
    report.note("herd on PostgreSQL: not measured, it needs --features postgres");
}
