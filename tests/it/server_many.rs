//! Several server processes on one PostgreSQL: whoever is asked, it is one ledger.

use crate::server_database::Db;
use crate::server_support::{Handheld, SITE, folder, movement, receipt};
use firstout::demo::Rng;
use firstout::domain::{Body, Move, MoveKind};
use firstout::server::devices::token;
use firstout::server::storage::{Place, Storage};
use firstout::server::system_clock;
use firstout::sync::wire::{Hash, Head, PullReply, PushReply, Status};
use std::collections::BTreeSet;
use std::io::{BufRead as _, BufReader};
use std::net::SocketAddr;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::sync::{Condvar, Mutex, RwLock};

const PROCESSES: usize = 3;
const DEVICES: usize = 50;
const READERS: usize = 3;
/// Of each device.
const EVENTS: usize = 40;
const ALL: usize = DEVICES * EVENTS;

/// How much was acknowledged; who waits for more is woken.
#[derive(Default)]
struct Pushed(Mutex<usize>, Condvar);

impl Pushed {
    fn add(&self, events: usize) {
        *self.0.lock().unwrap() += events;
        self.1.notify_all();
    }

    fn now(&self) -> usize {
        *self.0.lock().unwrap()
    }

    fn wait_for(&self, events: usize) {
        let pushed = self.1.wait_while(self.0.lock().unwrap(), |pushed| *pushed < events).unwrap();
        let failed = *pushed > ALL;
        drop(pushed);
        assert!(!failed, "a device or a reader failed");
    }
}

/// Wakes everybody where its thread fails.
struct Alarm<'a>(&'a Pushed);

impl Drop for Alarm<'_> {
    fn drop(&mut self) {
        if std::thread::panicking() {
            self.0.add(ALL + 1);
        }
    }
}

struct Process {
    child: Child,
    addr: SocketAddr,
}

impl Process {
    fn start(place: &Place, data: &Path) -> Self {
        let arguments = ["serve", "--listen", "127.0.0.1:0", "--insecure-http"];
        let mut child = program(place, data).args(arguments).stdout(Stdio::piped()).spawn().unwrap();
        let mut line = String::new();
        BufReader::new(child.stdout.take().unwrap()).read_line(&mut line).unwrap();
        let addr = line.trim().strip_prefix("listening on http://").unwrap_or_else(|| panic!("{line}"));
        Self { addr: addr.parse().unwrap(), child }
    }

    /// SIGKILL.
    fn kill(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        self.kill();
    }
}

fn program(place: &Place, data: &Path) -> Command {
    let Place::Postgres(url) = place else { panic!("no PostgreSQL") };
    let mut command = Command::new(env!("CARGO_BIN_EXE_firstout-server"));
    command.env("FIRSTOUT_DATABASE", url).arg("--data").arg(data).env("FIRSTOUT_LOG", "error");
    command
}

/// Devices with all their events, none of them sent.
fn devices(place: &Place, data: &Path, addr: SocketAddr) -> Vec<Handheld> {
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build().unwrap();
    let storage = runtime.block_on(Storage::open(place, data)).unwrap();
    let enrolled = (0..DEVICES).map(|n| {
        let token = runtime.block_on(token(&storage, SITE, "", "test", system_clock()())).unwrap();
        let mut handheld = Handheld::enrol(addr, token.reveal(), &format!("HH-{n}"));
        handheld.now = system_clock()();
        for event in 0..EVENTS {
            let lines = vec![movement("L1", 1, 10, 20)];
            handheld.confirm(match event % 3 {
                0 => Body::Move(Move { kind: MoveKind::PutAway, lines }),
                _ => receipt(2),
            });
        }
        handheld
    });
    enrolled.collect()
}

fn any(addrs: &RwLock<Vec<SocketAddr>>, rng: &mut Rng) -> SocketAddr {
    *rng.pick(&addrs.read().unwrap()).unwrap()
}

/// Pushes everything, in pieces that overlap, to whichever process, until all of it is acknowledged. Now and then the
/// same piece goes to two of them at once.
fn push(handheld: &Handheld, addrs: &RwLock<Vec<SocketAddr>>, mut rng: Rng, pushed: &Pushed) {
    let _alarm = Alarm(pushed);
    let mut acked = 0;
    while acked < EVENTS {
        let from = acked - usize::try_from(rng.range(0, 3)).unwrap().min(acked);
        let to = (acked + usize::try_from(rng.range(1, 12)).unwrap()).min(EVENTS);
        let body = handheld.sealed(&handheld.request(from, to));
        let to_two = rng.chance(20);
        let targets = [any(addrs, &mut rng), any(addrs, &mut rng)];
        let answers = std::thread::scope(|scope| {
            let body = &body;
            let send = |addr| scope.spawn(move || handheld.try_call(addr, "POST", "/v1/push", body));
            let sent: Vec<_> = targets.into_iter().take(if to_two { 2 } else { 1 }).map(send).collect();
            sent.into_iter().map(|answer| answer.join().unwrap()).collect::<Vec<_>>()
        });
        let again = acked.saturating_sub(from);
        for answer in answers.into_iter().flatten().filter(|answer| answer.status != 503) {
            assert_eq!(answer.status, 200, "{}", answer.text());
            let reply: PushReply = answer.json();
            assert!(reply.results[..again].iter().all(|row| row.status == Status::Duplicate));
            let through = usize::try_from(reply.acked_through).unwrap();
            pushed.add(through.saturating_sub(acked));
            acked = acked.max(through);
        }
    }
}

/// Follows the stream while it grows, each page from whichever process; what was seen, in order.
fn read(
    handheld: &Handheld,
    addrs: &RwLock<Vec<SocketAddr>>,
    mut rng: Rng,
    pushed: &Pushed,
) -> Vec<(u64, String)> {
    let _alarm = Alarm(pushed);
    let (mut at, mut seen) = (Head::default(), Vec::new());
    while seen.len() < ALL {
        // What is acknowledged can be read; with nothing new there is nothing to ask for.
        pushed.wait_for((seen.len() + 1).min(ALL));
        let (epoch, limit) = (handheld.server_epoch.0, rng.range(1, 200));
        let path =
            format!("/v1/pull?stream=site&epoch={epoch}&after={}&hash={}&limit={limit}", at.seq, at.hash);
        let Some(answer) = handheld.try_call(any(addrs, &mut rng), "GET", &path, b"") else { continue };
        if answer.status == 503 {
            continue;
        }
        assert_eq!(answer.status, 200, "{}", answer.text());
        let page: PullReply = answer.json();
        for entry in page.events {
            assert_eq!(entry.stream_seq, at.seq + 1, "a gap");
            let hash = Hash::chain_stream(at.hash, entry.stream_seq, entry.status, entry.bytes.as_bytes());
            at = Head { seq: entry.stream_seq, hash };
            seen.push((entry.seq, format!("{} {}", entry.device, entry.bytes)));
        }
        assert_eq!(page.next, at, "the stream is what the hashes say");
    }
    seen
}

#[test]
fn three_processes_are_one_server_also_when_one_is_killed() {
    let folders: Vec<_> = (0..=PROCESSES).map(|n| folder(&format!("many-{n}"))).collect();
    let place = Db::Postgres.place(&folders[0]);
    // All at once, on an empty database: one of them makes the tables.
    let mut processes: Vec<Process> = std::thread::scope(|scope| {
        let started: Vec<_> =
            folders[..PROCESSES].iter().map(|data| scope.spawn(|| Process::start(&place, data))).collect();
        started.into_iter().map(|process| process.join().unwrap()).collect()
    });
    let addrs = RwLock::new(processes.iter().map(|process| process.addr).collect::<Vec<_>>());
    let handhelds = devices(&place, &folders[0], processes[0].addr);
    let readers = &handhelds[..READERS];
    let pushed = Pushed::default();
    let streams: Vec<_> = std::thread::scope(|scope| {
        let (addrs, pushed) = (&addrs, &pushed);
        for (handheld, seed) in handhelds.iter().zip(0..) {
            scope.spawn(move || push(handheld, addrs, Rng::new(seed), pushed));
        }
        let reading: Vec<_> = readers
            .iter()
            .zip(1_000..)
            .map(|(handheld, seed)| scope.spawn(move || read(handheld, addrs, Rng::new(seed), pushed)))
            .collect();
        pushed.wait_for(ALL / 3);
        processes[0].kill();
        let next = Process::start(&place, &folders[PROCESSES]);
        addrs.write().unwrap()[0] = next.addr;
        processes.push(next);
        reading.into_iter().map(|reader| reader.join().unwrap()).collect()
    });
    assert_eq!(pushed.now(), ALL);
    for stream in &streams {
        assert_eq!(stream, &streams[0], "one order for all readers");
        assert_eq!(stream.iter().collect::<BTreeSet<_>>().len(), ALL, "nothing twice, nothing missed");
    }
    let verified = program(&place, &folders[0]).arg("verify").output().unwrap();
    assert!(verified.status.success(), "{}", String::from_utf8_lossy(&verified.stdout));
    drop(processes);
    for folder in folders {
        let _ = std::fs::remove_dir_all(folder);
    }
}
