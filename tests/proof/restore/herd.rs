//! A thousand handhelds come back in the same moment, twice: after an outage, and to a server that was put back.
//!
//! Each has its own store, client and connection, the server has its limits as shipped. Time between attempts is not
//! waited for: the clock goes to when the next of them want to try, as their engines say.

use crate::Scratch;
use crate::dice::Dice;
use crate::real::{Handheld, Hands, Server};
use crate::report::Outcome;
use firstout::domain::Timestamp;
use firstout::server::storage::{StorageError, sqlite};
use firstout::sync::driver::{Step, SyncWorker};
use firstout::sync::engine::{Activity, Input};
use firstout::sync::http::HttpTransport;
use firstout::sync::transport::Transport as _;
use std::net::SocketAddr;
use std::sync::Barrier;

/// Of the long run, and of the short one.
const DEVICES: usize = 1_000;
const DEVICES_SHORT: usize = 200;
/// Attempts of one handheld within one herd, before it counts as starved: its waits have reached five minutes then.
const TRIES_MAX: u32 = 12;
const STACK_BYTES: usize = 1024 * 1024;

struct Member {
    handheld: Handheld,
    worker: SyncWorker,
    net: Option<HttpTransport>,
    tries: u32,
}

impl Member {
    /// One attempt, from its beginning to its end.
    fn attempt(&mut self, now: Timestamp, input: Input) {
        let Some(net) = &mut self.net else { return };
        self.tries += 1;
        let store = &mut self.handheld.store;
        let mut step: Step = self.worker.feed(store, now, input);
        while let Some((number, request)) = step.send.take() {
            let input = match net.send(&request) {
                Ok(reply) => Input::Replied(number, reply),
                Err(failure) => Input::Failed(number, failure),
            };
            step = self.worker.feed(store, now, input);
        }
    }

    fn is_in_step(&self) -> bool {
        matches!(self.worker.activity(), Activity::InStep(_)) && self.handheld.store.pending() == 0
    }
}

/// All at once; then, by their own waits, whoever is not in step. How many attempts it took.
fn come_back(
    herd: &mut [Member],
    addr: SocketAddr,
    hands: &Hands,
    beside: impl FnOnce(),
) -> Result<(u64, u64, i64), String> {
    let began = hands.now();
    for member in herd.iter_mut() {
        member.tries = 0;
        member.net = Some(member.handheld.transport(&format!("http://{addr}"), "", hands.clock()));
    }
    let (mut attempts, mut waves, mut beside) = (0, 0, Some(beside));
    loop {
        let now = hands.now();
        let is_due = |member: &Member| waves == 0 || member.worker.wake_at().is_some_and(|at| at <= now);
        let due: Vec<&mut Member> =
            herd.iter_mut().filter(|member| is_due(member) && (waves == 0 || !member.is_in_step())).collect();
        let barrier = Barrier::new(due.len());
        attempts += due.len() as u64;
        std::thread::scope(|scope| {
            for member in due {
                let barrier = &barrier;
                let input = if waves == 0 { Input::NetworkChanged } else { Input::Woke };
                let thread = std::thread::Builder::new().stack_size(STACK_BYTES);
                let run = move || {
                    barrier.wait();
                    member.attempt(now, input);
                };
                thread.spawn_scoped(scope, run).unwrap();
            }
            if let Some(beside) = beside.take() {
                beside();
            }
        });
        waves += 1;
        let waiting: Vec<&Member> = herd.iter().filter(|member| !member.is_in_step()).collect();
        if let Some(starved) = waiting.iter().find(|member| member.tries >= TRIES_MAX) {
            return Err(format!("after {TRIES_MAX} attempts one says {:?}", starved.worker.activity()));
        }
        let Some(next) = waiting.iter().filter_map(|member| member.worker.wake_at()).min() else { break };
        // Whoever wants to try within the same second comes along.
        hands.set(next.plus_ms(1_000).max(hands.now()));
    }
    for member in herd.iter_mut() {
        member.net = None;
    }
    Ok((attempts, waves, hands.now().ms_since(began)))
}

fn check(herd: &[Member], server: &Server, mine: &mut Outcome) -> Result<(), String> {
    let ledger = server.ledger();
    let (mut missing, mut altered, mut foreign) = (0, 0, 0);
    for member in herd {
        let found = ledger.compare(&member.handheld);
        mine.acked += member.handheld.beeped.len() as u64;
        (missing, altered, foreign) = (missing + found.0, altered + found.1, foreign + found.2);
    }
    mine.lost += missing;
    mine.dup += foreign;
    let problems = server.problems();
    match (missing + altered + foreign, problems.is_empty()) {
        (0, true) => Ok(()),
        _ => {
            Err(format!("{missing} are lost, {altered} altered, {foreign} too many; {}", problems.join("; ")))
        }
    }
}

/// What it took.
pub fn play(seed: u64, long: bool, mine: &mut Outcome) -> Result<String, String> {
    let hands = Hands::new();
    let server = Server::start("herd", &hands, false);
    let mut dice = Dice::new(seed);
    let devices = if long { DEVICES } else { DEVICES_SHORT };
    let mut herd: Vec<Member> = (0..devices)
        .map(|_| {
            let mut handheld = server.admit(server.addr, &mut dice);
            handheld.confirm(&mut dice, hands.now());
            handheld.confirm(&mut dice, hands.now());
            Member { handheld, worker: SyncWorker::new(dice.roll()), net: None, tries: 0 }
        })
        .collect();
    mine.cases += 2 * devices as u64;
    let folder = Scratch::new("herd-copy");
    let copy = folder.path().join("copy");
    let first = come_back(&mut herd, server.addr, &hands, || {
        let made = server.background.run::<_, StorageError, _>(async |storage| storage.backup(&copy).await);
        assert_eq!(made.unwrap().problems, Vec::<String>::new());
    })?;
    check(&herd, &server, mine)?;
    let had = server.ledger().ids().len();
    drop(server);
    let home = Scratch::new("herd-restored");
    sqlite::restore(&copy, &home.path().join("data").join(sqlite::FILE)).unwrap();
    let server = Server::again(&hands, home);
    let left = server.ledger().ids().len();
    hands.later(5_000);
    let second = come_back(&mut herd, server.addr, &hands, || {})?;
    check(&herd, &server, mine)?;
    let said = |(attempts, waves, ms): (u64, u64, i64)| {
        format!("{attempts} attempts in {waves} waves, {} s", ms / 1_000)
    };
    Ok(format!(
        "{devices} handhelds at once: {}; put back from {had} entries to {left}: {}",
        said(first),
        said(second)
    ))
}
