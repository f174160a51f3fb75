//! Runs the engine against a store and a transport.
//!
//! Two ways: [`sync_once`] blocks until everything is equal or something is wrong (tests, the command line);
//! [`SyncWorker`] with a [`Courier`] is for the app, where one thread owns the store and another one waits for the
//! network. Either way a request is complete before it leaves and its answer is complete before the store is touched:
//! no transaction is ever open across the network.

mod courier;
mod replica;

pub use courier::Courier;

use super::engine::{Action, Activity, Ask, Engine, Facts, Failure, Input, Output, POLL_MS, Problem, Reply};
use super::transport::{Request, Transport};
use super::wire::{PushReply, PushRequest};
use crate::domain::Timestamp;

/// What sync needs of a store. Each call is one transaction, or none.
pub trait Replica {
    /// What the store says of itself; `None` before enrolment.
    ///
    /// # Errors
    /// [`Problem::Storage`] where it cannot be read.
    fn facts(&self) -> Result<Option<Facts>, Problem>;

    /// The events after a sequence as a push, at most so many of them and so many bytes, but at least one.
    ///
    /// # Errors
    /// [`Problem::Storage`] where they cannot be read.
    fn push_request(
        &self,
        after: u64,
        events_max: usize,
        bytes_max: usize,
        now: Timestamp,
    ) -> Result<PushRequest, Problem>;

    /// Does what the engine asks; changes nothing where it fails.
    ///
    /// # Errors
    /// [`Problem::Storage`] where it cannot be written, [`Problem::Confused`] where the server's answer does not fit.
    fn perform(&mut self, action: Action, now: Timestamp) -> Result<(), Problem>;
}

/// What follows from an input.
#[derive(Debug, Default)]
pub struct Step {
    /// Hand this to the transport; its answer comes back as [`Input::Replied`] or [`Input::Failed`] with the number.
    pub send: Option<(u64, Request)>,
    /// True where the store changed: what a screen shows may be out of date.
    pub changed: bool,
    /// Events that the server acknowledged.
    pub acked: u64,
    /// Entries of streams that were taken in.
    pub taken: u64,
}

/// The engine with its hands: lives on the thread that owns the store.
#[derive(Debug)]
pub struct SyncWorker {
    engine: Engine,
    wake_at: Option<Timestamp>,
    /// When it was last fed, by the device's clock.
    fed_at: Option<Timestamp>,
    /// False until the store could be read.
    started: bool,
}

impl SyncWorker {
    /// Asleep until [`SyncWorker::start`]. The seed feeds the jitter only.
    #[must_use]
    pub fn new(seed: u64) -> Self {
        Self { engine: Engine::new(seed), wake_at: None, fed_at: None, started: false }
    }

    /// Begins, or begins anew after an enrolment. Where the store cannot be read now, it is tried again at the next
    /// waking.
    pub fn start(&mut self, store: &mut impl Replica, now: Timestamp) -> Step {
        match store.facts() {
            Ok(facts) => {
                self.started = true;
                self.feed(store, now, Input::Started(facts))
            }
            Err(_) => {
                self.started = false;
                self.fed_at = Some(now);
                self.wake_at = Some(now.plus_ms(POLL_MS));
                Step::default()
            }
        }
    }

    /// When to feed [`Input::Woke`]; `None` while a request is out or the device is not enrolled.
    #[must_use]
    pub fn wake_at(&self) -> Option<Timestamp> {
        self.wake_at
    }

    /// True where [`Input::Woke`] is to be fed: its time has come, or the clock was set back, so that nobody knows when it would.
    #[must_use]
    pub fn is_due(&self, now: Timestamp) -> bool {
        self.wake_at.is_some_and(|at| at <= now || self.fed_at.is_some_and(|fed| now < fed))
    }

    /// What to show on the status screen.
    #[must_use]
    pub fn activity(&self) -> Activity {
        self.engine.activity()
    }

    /// Takes what happened, changes the store as the engine asks, and returns the request to send, if any.
    pub fn feed(&mut self, store: &mut impl Replica, now: Timestamp, input: Input) -> Step {
        if !self.started {
            return self.start(store, now);
        }
        let mut step = Step::default();
        self.fed_at = Some(now);
        self.engine.handle(now, input);
        while let Some(output) = self.engine.poll() {
            match output {
                Output::Send(number, ask) => {
                    self.wake_at = None;
                    match complete(store, ask, now) {
                        Ok(request) => step.send = Some((number, request)),
                        Err(_) => self.engine.handle(now, Input::Failed(number, Failure::Storage)),
                    }
                }
                Output::Store(action) => {
                    let (acked, taken) = gain(&action);
                    let done = store.perform(action, now).and_then(|()| store.facts());
                    if done.is_ok() {
                        step.changed = true;
                        step.acked += acked;
                        step.taken += taken;
                    }
                    self.engine.handle(now, done.map_or_else(Input::StoreFailed, Input::Stored));
                }
                Output::WakeAt(at) => self.wake_at = Some(at),
            }
        }
        step
    }
}

/// Turns what the engine states into a whole request.
fn complete(store: &impl Replica, ask: Ask, now: Timestamp) -> Result<Request, Problem> {
    Ok(match ask {
        Ask::Hello(standing) => Request::Hello(standing),
        Ask::Pull(pull) => Request::Pull(pull),
        Ask::Snapshot => Request::Snapshot,
        Ask::Push { after, events_max, bytes_max } => {
            let push = store.push_request(after, events_max, bytes_max, now)?;
            if push.events.is_empty() {
                return Err(Problem::Storage);
            }
            Request::Push(push)
        }
    })
}

fn gain(action: &Action) -> (u64, u64) {
    match action {
        Action::ApplyPush(PushReply { results, .. }) => (results.len() as u64, 0),
        Action::ApplyPull(page) => (0, (page.events.len() + page.records.len()) as u64),
        _ => (0, 0),
    }
}

/// How a run ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Report {
    /// In step, or what is in the way.
    pub activity: Activity,
    /// Events that the server acknowledged.
    pub acked: u64,
    /// Entries of streams that were taken in.
    pub taken: u64,
    /// Requests sent.
    pub requests: u64,
}

/// Runs until everything is equal or something is in the way; never waits for a back-off.
pub fn sync_once(
    store: &mut impl Replica,
    transport: &mut impl Transport,
    mut clock: impl FnMut() -> Timestamp,
) -> Report {
    let mut worker = SyncWorker::new(0);
    let mut step = worker.start(store, clock());
    let mut report = Report { activity: worker.activity(), acked: 0, taken: 0, requests: 0 };
    loop {
        report.acked += step.acked;
        report.taken += step.taken;
        let Some((number, request)) = step.send.take() else { break };
        report.requests += 1;
        let input = answer(number, transport.send(&request));
        step = worker.feed(store, clock(), input);
    }
    report.activity = worker.activity();
    report
}

fn answer(number: u64, result: Result<Reply, Failure>) -> Input {
    match result {
        Ok(reply) => Input::Replied(number, reply),
        Err(failure) => Input::Failed(number, failure),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::store::{Identity, Store};
    use crate::sync::wire::ServerEpoch;
    use uuid::Uuid;

    /// A store whose disk fails so many times.
    struct Flaky(Store, std::cell::Cell<u32>);

    impl Flaky {
        fn fails(&self) -> Result<(), Problem> {
            let left = self.1.get();
            self.1.set(left.saturating_sub(1));
            if left == 0 { Ok(()) } else { Err(Problem::Storage) }
        }
    }

    impl Replica for Flaky {
        fn facts(&self) -> Result<Option<Facts>, Problem> {
            self.fails()?;
            self.0.facts()
        }

        fn push_request(
            &self,
            after: u64,
            events: usize,
            bytes: usize,
            now: Timestamp,
        ) -> Result<PushRequest, Problem> {
            self.fails()?;
            self.0.push_request(after, events, bytes, now)
        }

        fn perform(&mut self, action: Action, now: Timestamp) -> Result<(), Problem> {
            self.fails()?;
            self.0.perform(action, now)
        }
    }

    fn flaky(times: u32) -> Flaky {
        let mut store = Store::open_in_memory().unwrap();
        let identity = Identity {
            device: crate::domain::DeviceId(Uuid::from_u128(1)),
            epoch: 1,
            key: crate::domain::DeviceKey::from_seed(&[1; 32]),
            site: crate::domain::SiteId(1),
            server_id: Uuid::from_u128(2),
            server_epoch: ServerEpoch(Uuid::from_u128(3)),
            server_url: "http://server".into(),
            roots: String::new(),
            name: "HH".into(),
        };
        store.enrol(identity).unwrap();
        Flaky(store, std::cell::Cell::new(times))
    }

    #[test]
    fn a_store_that_cannot_be_read_at_the_start_is_tried_again() {
        let (mut store, mut worker) = (flaky(1), SyncWorker::new(1));
        let step = worker.start(&mut store, Timestamp(0));
        assert!(step.send.is_none());
        assert_eq!(worker.wake_at(), Some(Timestamp(POLL_MS)));
        let step = worker.feed(&mut store, Timestamp(POLL_MS), Input::Woke);
        assert!(matches!(step.send, Some((_, Request::Hello(_)))));
    }

    #[test]
    fn a_clock_that_is_set_back_by_years_does_not_put_sync_to_sleep() {
        const TEN_YEARS_MS: i64 = 10 * 365 * 24 * 3_600_000;
        let (mut store, mut worker) = (flaky(0), SyncWorker::new(1));
        let (number, _) = worker.start(&mut store, Timestamp(TEN_YEARS_MS)).send.unwrap();
        worker.feed(&mut store, Timestamp(TEN_YEARS_MS), Input::Failed(number, Failure::Offline));
        assert!(!worker.is_due(Timestamp(TEN_YEARS_MS)));
        assert!(worker.is_due(Timestamp(1_000)));
        assert!(worker.feed(&mut store, Timestamp(1_000), Input::Woke).send.is_some());
    }

    #[test]
    fn a_note_that_cannot_be_written_stops_nothing() {
        let (mut store, mut worker) = (flaky(0), SyncWorker::new(1));
        let step = worker.start(&mut store, Timestamp(0));
        let (number, _) = step.send.unwrap();
        store.1.set(1);
        let step = worker.feed(&mut store, Timestamp(0), Input::Failed(number, Failure::Offline));
        assert!(step.send.is_none() && !step.changed);
        assert!(matches!(worker.activity(), Activity::Waiting(Problem::Offline, _)));
        let due = worker.wake_at().unwrap();
        assert!(worker.feed(&mut store, due, Input::Woke).send.is_some());
    }
}
