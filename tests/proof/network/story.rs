//! A handheld's day on a bad network: between the rounds it works on, in the rounds anything may happen.

use super::faults::{self, ENDS, Fault, PUSH, Trial, Way};
use super::proxy::Proxy;
use super::{check_all, check_unsent, found, round};
use crate::Plan;
use crate::dice::Dice;
use crate::real::{Handheld, Hands, Ledger, Server};
use crate::report::Outcome;
use firstout::sync::driver::{Step, SyncWorker};
use firstout::sync::engine::{Activity, Input, Problem};
use std::io::{Read as _, Write as _};
use std::net::{SocketAddr, TcpStream};
use std::time::Duration;

/// Rounds of a story; each is a case.
const ROUNDS: u64 = 12;
/// Answers that are not TLS.
const PLAIN: [&[u8]; 4] = [
    b"HTTP/1.1 302 Found\r\ncontent-length: 0\r\n\r\n",
    b"",
    b"\x15\x03\x03\x00\x02\x02\x28",
    b"\x00\x00\x00",
];

struct Story<'a> {
    server: &'a Server,
    proxy: &'a Proxy,
    ledger: &'a Ledger,
    /// Whom nobody should trust, and a server without TLS.
    strangers: &'a [Server; 2],
    dice: Dice,
    handheld: Handheld,
    worker: SyncWorker,
    /// A round that a scan has begun.
    begun: Option<Step>,
    /// Pushes that somebody in between has written down, and whether the server was kept from them.
    recorded: Vec<(Vec<u8>, bool)>,
}

/// Sends bytes as they are; the status of the answer.
fn raw(addr: SocketAddr, bytes: &[u8]) -> Option<u16> {
    let mut stream = TcpStream::connect(addr).ok()?;
    stream.set_read_timeout(Some(Duration::from_secs(30))).ok()?;
    stream.write_all(bytes).ok()?;
    let mut answer = [0; 12];
    stream.read_exact(&mut answer).ok()?;
    std::str::from_utf8(&answer[9..]).ok()?.parse().ok()
}

impl Story<'_> {
    fn is_secure(&self) -> bool {
        self.server.authority.is_some()
    }

    /// One round at the time when the engine wants it, or at once where somebody asks.
    fn sync(&mut self, url: &str, roots: &str, fault: Fault) -> Result<Activity, String> {
        self.server.hands.later(2_000 + self.dice.below(20_000) as i64);
        let mut now = self.server.hands.now();
        let input = if self.dice.percent(50) {
            now = self.worker.wake_at().map_or(now, |at| at.max(now));
            Input::Woke
        } else {
            Input::TryNow
        };
        self.server.hands.set(now);
        self.proxy.set(fault);
        let mut net = self.handheld.transport(url, roots, self.server.hands.clock());
        let begun = self.begun.take();
        let begin = |worker: &mut SyncWorker, handheld: &mut Handheld| {
            begun.unwrap_or_else(|| worker.feed(&mut handheld.store, now, input))
        };
        let report = round(&mut self.handheld, self.ledger, &mut self.worker, &mut net, now, begin)?;
        Ok(report.activity)
    }

    fn trial(&mut self) -> Trial {
        let gone = Some(&[Problem::Truncated, Problem::Offline, Problem::Tls, Problem::TlsPlain][..]);
        if !self.is_secure() {
            return faults::plain(&mut self.dice);
        }
        match self.dice.below(5) {
            0 => Trial {
                fault: Fault::Answer { to: "", with: self.dice.pick(&PLAIN).to_vec() },
                problems: gone,
            },
            way => {
                let way = if way < 3 { Way::Up } else { Way::Down };
                let (bytes, end) = (self.dice.below(4_000), *self.dice.pick(&ENDS));
                Trial { fault: Fault::Cut { to: "", way, bytes, end }, problems: gone }
            }
        }
    }

    /// Scans between two rounds; where sync was at rest the first of them ends that.
    fn work(&mut self) {
        for _ in 0..self.dice.below(4) {
            let now = self.server.hands.now();
            self.handheld.confirm(&mut self.dice, now);
            let store = &mut self.handheld.store;
            let (pending, last_seq) = (store.pending(), store.last_seq().unwrap());
            let step = self.worker.feed(store, now, Input::EventConfirmed { pending, last_seq });
            if step.send.is_some() {
                self.begun = Some(step);
            }
        }
    }

    fn round(&mut self) -> Result<(), String> {
        self.work();
        if self.is_secure() && self.dice.percent(25) {
            return self.wrong_server();
        }
        let identity = self.handheld.identity();
        let trial = self.trial();
        let hits = self.proxy.hits();
        let activity = self.sync(&identity.server_url, &identity.roots, trial.fault.clone())?;
        let came_about = self.proxy.hits() > hits;
        let status = self.handheld.store.sync_status().unwrap();
        let noted = status.last_problem.as_deref();
        let says = |problem: Problem| noted == Some(problem.code());
        if !faults::is_truthful(activity, &trial, came_about)
            || matches!(activity, Activity::Waiting(problem, _) if !says(problem))
        {
            return Err(format!("{} is called {activity:?}, {noted:?}", trial.fault));
        }
        let request = self.proxy.trace().request;
        if request.starts_with(PUSH.as_bytes()) {
            match trial.fault {
                Fault::Hold { .. } => self.recorded.push((request, true)),
                Fault::Swallow { .. } => self.recorded.push((request, false)),
                _ => {}
            }
        }
        if self.dice.percent(40) { self.replay() } else { Ok(()) }
    }

    /// Somebody sends a recorded push, twice at once: it is served at most once, and changes nothing that the device
    /// would not have done itself.
    fn replay(&mut self) -> Result<(), String> {
        if self.recorded.is_empty() {
            return Ok(());
        }
        let at = self.dice.below(self.recorded.len() as u64) as usize;
        let (request, fresh) = self.recorded[at].clone();
        let addr = self.server.addr;
        let served = std::thread::scope(|scope| {
            let twice = [(); 2].map(|()| scope.spawn(|| raw(addr, &request)));
            twice.map(|one| one.join().unwrap())
        });
        self.recorded[at].1 = false;
        let good = served.iter().filter(|status| matches!(status, Some(200 | 409))).count();
        if good > usize::from(fresh) || served.iter().any(Option::is_none) {
            return Err(format!("a recorded push (served before: {}) is answered {served:?}", !fresh));
        }
        check_unsent(&self.handheld, self.ledger)
    }

    /// The address leads somewhere else, or the other end cannot prove who it is.
    fn wrong_server(&mut self) -> Result<(), String> {
        let identity = self.handheld.identity();
        let [other, plain] = self.strangers;
        let (url, problems): (String, &[Problem]) = match self.dice.below(3) {
            0 => (format!("https://{}", other.addr), &[Problem::TlsUntrusted]),
            1 => (format!("https://{}", plain.addr), &[Problem::TlsPlain]),
            _ => (format!("http://{}", self.server.addr), &[Problem::Protocol]),
        };
        let before = self.handheld.store.pending();
        let activity = self.sync(&url, &identity.roots, Fault::None)?;
        let said = matches!(activity, Activity::Waiting(problem, _) if problems.contains(&problem));
        if said && self.handheld.store.pending() == before {
            return Ok(());
        }
        Err(format!("{url} instead of {problems:?} is called {activity:?}"))
    }

    /// The network is well.
    fn heal(&mut self, mine: &mut Outcome) -> Result<(), String> {
        let identity = self.handheld.identity();
        for _ in 0..2 {
            let activity = self.sync(&identity.server_url, &identity.roots, Fault::None)?;
            if !matches!(activity, Activity::InStep(_)) {
                return Err(format!("the network is well, and it says {activity:?}"));
            }
        }
        while !self.recorded.is_empty() {
            self.replay()?;
            self.recorded.pop();
        }
        check_all(&self.handheld, self.ledger, mine)
    }
}

/// Stories until so many rounds were played on all threads; at the end stock is the fold on both sides.
pub fn play(plan: &Plan, thread: u64, part: u64, cases: u64, secure: bool, mine: &mut Outcome) {
    if plan.only.is_some_and(|only| only.0 != part) {
        return;
    }
    let hands = Hands::new();
    let server = Server::start("network", &hands, secure);
    let strangers =
        [Server::start("network-other", &hands, true), Server::start("network-plain", &hands, false)];
    let proxy = Proxy::start(server.addr);
    let ledger = server.ledger();
    for number in 0..cases.div_ceil(ROUNDS) {
        let wanted = plan.only.is_none_or(|only| only.1 == number);
        if number % plan.threads as u64 != thread || !wanted {
            continue;
        }
        let mut dice = Dice::new(plan.seed ^ (part << 56) ^ number);
        hands.later(1_000);
        proxy.set(Fault::None);
        let handheld =
            if secure { server.enrol(proxy.addr, &mut dice) } else { server.admit(proxy.addr, &mut dice) };
        let worker = SyncWorker::new(dice.roll());
        let (server, proxy, ledger, strangers) = (&server, &proxy, &ledger, &strangers);
        let mut story =
            Story { server, proxy, ledger, strangers, dice, handheld, worker, begun: None, recorded: vec![] };
        let hits = proxy.hits();
        let mut done = Ok(());
        for round in 0..ROUNDS {
            mine.cases += 1;
            done = story.round().map_err(|why| format!("round {round} of story {number}: {why}"));
            if done.is_err() {
                break;
            }
        }
        mine.kills += proxy.hits() - hits;
        let done = done.and_then(|()| story.heal(mine));
        let last = number + plan.threads as u64 >= cases.div_ceil(ROUNDS) || plan.only.is_some();
        let done = done.and_then(|()| if last { compare(&story) } else { Ok(()) });
        if let Err(why) = done {
            found(mine, plan, (part, number), &why);
        }
    }
}

/// The server's tables are the fold of its ledger, and so is what the last handheld shows.
fn compare(story: &Story<'_>) -> Result<(), String> {
    let problems = story.server.problems();
    if !problems.is_empty() {
        return Err(problems.join("; "));
    }
    let (shown, expected) = (story.handheld.shown(), story.ledger.stock());
    if shown == expected { Ok(()) } else { Err(format!("it shows {shown:?}, the ledger says {expected:?}")) }
}
