//! One large push, cut at every byte of the request and of its answer.
//!
//! The same events are sent again and again: first nothing of them arrives in full, then everything arrives and no
//! answer gets back in full. At the end the network is well.

use super::faults::{ENDS, Fault, PUSH, Way};
use super::proxy::{Proxy, Trace};
use super::{Liar, Lie, check_all, check_unsent, found, round};
use crate::Plan;
use crate::dice::Dice;
use crate::real::{Handheld, Hands, Ledger, MORNING, Server};
use crate::report::Outcome;
use firstout::sync::driver::{Report, SyncWorker};
use firstout::sync::engine::{Activity, Problem};
use firstout::sync::wire::PushReply;

/// So many that a packed request has this size.
const EVENTS: u64 = 270;
const REQUEST_BYTES_MIN: usize = 20_000;

struct Stage {
    server: Server,
    ledger: Ledger,
    proxy: Proxy,
    handheld: Handheld,
    lie: Lie,
}

impl Stage {
    fn new(seed: u64, lie: Lie) -> Self {
        let hands = Hands::new();
        let server = Server::start("network", &hands, false);
        let proxy = Proxy::start(server.addr);
        let mut dice = Dice::new(seed);
        let mut handheld = server.admit(proxy.addr, &mut dice);
        for _ in 0..EVENTS {
            handheld.confirm(&mut dice, MORNING);
        }
        Self { ledger: server.ledger(), server, proxy, handheld, lie }
    }

    /// A round on a connection of its own. The device's clock stands, so that it sends the same bytes each time; the
    /// requests' clock goes, or the server would have to remember too many.
    fn sync(&mut self, fault: Fault) -> Result<Report, String> {
        self.server.hands.later(1_000);
        let forged = self.lie == Lie::Forged && matches!(fault, Fault::Cut { .. });
        self.proxy.set(if forged { forged_ack() } else { fault });
        let identity = self.handheld.identity();
        let clock = self.server.hands.clock();
        let net = self.handheld.transport(&identity.server_url, "", clock);
        let mut worker = SyncWorker::new(0);
        let mut net = Liar { net, lie: self.lie };
        round(&mut self.handheld, &self.ledger, &mut worker, &mut net, MORNING, |worker, handheld| {
            worker.start(&mut handheld.store, MORNING)
        })
    }

    /// What goes over the wire; the answer to the push is not heard.
    fn measure(&mut self, fault: Fault) -> Trace {
        let lie = std::mem::replace(&mut self.lie, Lie::Deaf);
        self.sync(fault).unwrap();
        self.lie = lie;
        self.proxy.trace()
    }

    /// The push is cut so; the server has `there` events of it afterwards.
    fn cut(&mut self, way: Way, bytes: u64, there: u64) -> Result<(), String> {
        let end = ENDS[(bytes % 3) as usize];
        let before = self.proxy.hits();
        let report = self.sync(Fault::Cut { to: PUSH, way, bytes, end })?;
        let pending = self.handheld.store.pending();
        if self.proxy.hits() == before {
            return Err("the connection was not cut".to_owned());
        }
        let gone = [Problem::Truncated, Problem::Offline, Problem::Timeout];
        if !matches!(report.activity, Activity::Waiting(problem, _) if gone.contains(&problem)) {
            return Err(format!("a cut connection is called {:?}", report.activity));
        }
        let has = self.ledger.count(&self.handheld);
        if (pending, has) != (EVENTS, there) {
            return Err(format!("{pending} wait, and the server has {has} of {there}"));
        }
        check_unsent(&self.handheld, &self.ledger)
    }
}

/// What the control's proxy says to a push.
fn forged_ack() -> Fault {
    let reply = PushReply { acked_through: EVENTS, results: vec![], retry_after_s: None };
    let body = serde_json::to_string(&reply).unwrap();
    let head = "HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length";
    Fault::Answer { to: PUSH, with: format!("{head}: {}\r\n\r\n{body}", body.len()).into_bytes() }
}

/// So many places of `length`: all of them where they fit, else both ends and an even spread from a place by the seed.
fn places(length: u64, cases: u64, seed: u64) -> Vec<u64> {
    const ENDS: u64 = 24;
    if cases >= length {
        return (0..length).collect();
    }
    let mut places: Vec<u64> = (0..ENDS.min(cases / 3)).flat_map(|at| [at, length - 1 - at]).collect();
    let left = cases.saturating_sub(places.len() as u64).max(1);
    let step = (length / left).max(1);
    places.extend((0..left).map(|number| (number * step + seed % step) % length));
    places.sort_unstable();
    places.dedup();
    places
}

/// Both sweeps; how large request and answer are.
pub fn play(plan: &Plan, thread: u64, cases: [u64; 2], lie: Lie, mine: &mut Outcome) -> String {
    if plan.only.is_some_and(|(part, _)| part > 1) {
        return String::new();
    }
    let mut stage = Stage::new(plan.seed, lie);
    let request = stage.measure(Fault::Hold { to: PUSH }).request.len();
    assert!(request >= REQUEST_BYTES_MIN, "a request of {request} bytes is too small for this");
    let mut sizes = format!("a request of {request} bytes");
    for (part, way) in [(0, Way::Up), (1, Way::Down)] {
        let length = if part == 0 {
            request as u64
        } else {
            // The first answer names the events as new, the later ones as known: those are measured.
            let whole = Fault::Cut { to: PUSH, way, bytes: u64::MAX, end: ENDS[0] };
            stage.measure(whole.clone());
            stage.measure(whole).answered
        };
        let there = if part == 0 { 0 } else { EVENTS };
        for place in places(length, cases[part], plan.seed) {
            let wanted = plan.only.is_none_or(|only| only == (part as u64, place));
            if place % plan.threads as u64 != thread || !wanted {
                continue;
            }
            mine.cases += 1;
            mine.kills += 1;
            if let Err(why) = stage.cut(way, place, there) {
                let what = format!("cut {way:?} at byte {place} of {length}: {why}");
                found(mine, plan, (part as u64, place), &what);
            }
            if lie != Lie::None && mine.is_red() {
                return sizes;
            }
        }
        if part == 1 {
            sizes += &format!(" and an answer of {length}");
        }
    }
    let end = stage.sync(Fault::None).and_then(|report| match report.activity {
        Activity::InStep(_) => check_all(&stage.handheld, &stage.ledger, mine),
        other => Err(format!("the network is well, and it says {other:?}")),
    });
    if let Err(why) = end {
        found(mine, plan, (0, 0), &why);
    }
    sizes
}
