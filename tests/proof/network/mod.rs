//! The network fails between the real client and the real server: cut at every byte, swallowed, replayed, forged.
//!
//! Whatever it does, what the device calls sent is on the server, what the server has it has once and with the device's
//! bytes, the device says what is wrong, and when the network is well again everything arrives.

mod faults;
mod proxy;
mod story;
mod sweep;

use super::Plan;
use super::real::{Handheld, Ledger};
use super::report::{self, Outcome};
use firstout::domain::Timestamp;
use firstout::sync::driver::{Report, Step, SyncWorker};
use firstout::sync::engine::{Failure, Input, Reply};
use firstout::sync::transport::{Request, Transport};
use firstout::sync::wire::PushReply;

/// Connections of the short run.
const CASES: u64 = 2_400;
const CONTROL_CASES: u64 = 60;
/// Share of the connections in percent: cut in the request, cut in its answer, everything else, and that over TLS.
const SHARES: [u64; 4] = [40, 25, 25, 10];

/// What stands between the device and the truth.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Lie {
    None,
    /// Answers to pushes are measured and not heard.
    Deaf,
    /// The control: a client that counts a push as acknowledged when its answer does not come.
    CutIsAck,
    /// The control: a proxy that answers pushes in the server's name.
    Forged,
}

/// The client, or the client of the control.
struct Liar<T> {
    net: T,
    lie: Lie,
}

impl<T: Transport> Transport for Liar<T> {
    fn send(&mut self, request: &Request) -> Result<Reply, Failure> {
        match (self.net.send(request), request) {
            (Err(_), Request::Push(push)) if self.lie == Lie::CutIsAck => {
                let acked_through = push.head().seq;
                Ok(Reply::Pushed(PushReply { acked_through, results: vec![], retry_after_s: None }))
            }
            (Ok(Reply::Pushed(_)), _) if self.lie == Lie::Deaf => Err(Failure::Truncated),
            (answer, _) => answer,
        }
    }
}

/// One round of sync, looked at after each step: every event that the device does not call unsent is on the server.
fn round(
    handheld: &mut Handheld,
    ledger: &Ledger,
    worker: &mut SyncWorker,
    net: &mut impl Transport,
    now: Timestamp,
    begin: impl FnOnce(&mut SyncWorker, &mut Handheld) -> Step,
) -> Result<Report, String> {
    let mut step = begin(worker, handheld);
    let mut report = Report { activity: worker.activity(), acked: 0, taken: 0, requests: 0 };
    loop {
        check_unsent(handheld, ledger)?;
        report.acked += step.acked;
        let Some((number, request)) = step.send.take() else { break };
        report.requests += 1;
        let input = match net.send(&request) {
            Ok(reply) => Input::Replied(number, reply),
            Err(failure) => Input::Failed(number, failure),
        };
        step = worker.feed(&mut handheld.store, now, input);
    }
    report.activity = worker.activity();
    Ok(report)
}

/// What the badge shows is no less than what the server misses.
fn check_unsent(handheld: &Handheld, ledger: &Ledger) -> Result<(), String> {
    let (beeped, there) = (handheld.beeped.len() as u64, ledger.count(handheld));
    let said = handheld.store.sync_status().unwrap().pending;
    if there > beeped {
        return Err(format!("{beeped} events were confirmed and the server has {there}"));
    }
    if said < beeped - there {
        return Err(format!("the device says that {said} are unsent, but {} are", beeped - there));
    }
    Ok(())
}

/// All of it is on the server, once, with its bytes.
fn check_all(handheld: &Handheld, ledger: &Ledger, mine: &mut Outcome) -> Result<(), String> {
    let (missing, altered, foreign) = ledger.compare(handheld);
    mine.acked += handheld.beeped.len() as u64;
    mine.lost += missing;
    mine.dup += foreign;
    let pending = handheld.store.pending();
    if missing + altered + foreign + pending > 0 {
        let doubled = format!("{foreign} too many, {pending} wait");
        return Err(format!("{missing} events are missing, {altered} altered, {doubled}"));
    }
    Ok(())
}

/// Notes a finding, once.
fn found(mine: &mut Outcome, plan: &Plan, place: (u64, u64), why: &str) {
    mine.corrupt += 1;
    let repro = || format!("./x soak network --seed {} --only {}.{}", plan.seed, place.0, place.1);
    mine.tell(|| why.to_owned(), repro);
}

/// Plays all parts on all threads; the notes say how large request and answer are.
fn search(plan: &Plan, cases: u64, lie: Lie) -> Outcome {
    report::on_threads(plan, |thread| {
        let share = |part: usize| cases * SHARES[part] / 100;
        let mut mine = Outcome::default();
        mine.notes = sweep::play(plan, thread, [share(0), share(1)], lie, &mut mine);
        if lie == Lie::None {
            story::play(plan, thread, 2, share(2), false, &mut mine);
            story::play(plan, thread, 3, share(3), true, &mut mine);
        }
        mine
    })
}

pub fn run(plan: &Plan) -> Outcome {
    let mut outcome = search(plan, plan.cases.unwrap_or(CASES), Lie::None);
    let one = Plan { only: None, cases: None, ..plan.clone() };
    for (lie, what) in [
        (Lie::CutIsAck, "a client that counts a cut answer as an acknowledgement"),
        (Lie::Forged, "a proxy that answers in the server's name"),
    ] {
        let control = search(&one, CONTROL_CASES, lie);
        if !control.is_red() {
            outcome.corrupt += 1;
            outcome.story = Some(format!("the control stays green: {what}"));
        }
        let first = control.story.unwrap_or_default();
        outcome.notes += &format!("; control, {what}: {} of {} red, {first}", control.corrupt, control.cases);
    }
    outcome
}
