//! The sync engine: a state machine without I/O that knows the order of things and nothing else.
//!
//! Feed it with [`Engine::handle`], then drain [`Engine::poll`]. It asks for one thing at a time: a request, or a change
//! of the store. It never sees HTTP or SQL, reads no clock and throws no dice of its own, so that every race and every
//! outage can be played back in a test.
//!
//! A round is: hello → control → push until the outbox is empty → hello → control → master → site. Holds travel first, also in
//! the middle of a long push: a hello older than [`POLL_MS`] is asked again before the next batch. When everything is
//! equal the engine rests for [`POLL_MS`]; after a failure it backs off. No number of failures deletes anything.

mod answers;
mod backoff;
mod message;
mod order;
mod problem;

pub use backoff::{Backoff, RETRY_AFTER_MS_MAX, RETRY_MS_MAX, RETRY_MS_MIN};
#[cfg(test)]
mod tests;

pub use message::{Action, Ask, Facts, Input, Output, Reply, Snapshot, Standing};
pub use problem::{Failure, Problem, TlsFault};

use crate::domain::Timestamp;
use crate::sync::wire::{Hello, PULL_ENTRIES_MAX, REQUEST_EVENTS_MAX};
use std::collections::VecDeque;

/// Time between two looks at the server while nothing happens.
pub const POLL_MS: i64 = 5_000;
/// Entries asked for in one page: small enough that applying it never keeps a scan waiting.
pub const PAGE_ENTRIES: usize = 500;
const _: () = assert!(PAGE_ENTRIES <= PULL_ENTRIES_MAX);
/// The last contact is written down this often while nothing else is written, to spare the flash.
pub const CONTACT_MS: i64 = 30_000;
/// A change of the clock's error by more than this is written down at once.
pub const SKEW_STEP_MS: i64 = 1_000;
/// A hello that took longer than this says nothing about clocks.
pub const SKEW_ROUND_TRIP_MS_MAX: i64 = 10_000;
/// Rewinds and new epochs in one round before the engine gives up for a while.
const REPAIRS_MAX: u32 = 4;

/// What the engine is doing.
#[derive(Debug, Clone, PartialEq, Eq)]
enum State {
    /// Not enrolled, or not started.
    Asleep,
    /// Nothing to do before `due`. `held` while the server asked to be left alone.
    Resting { due: Timestamp, held: bool },
    /// A request is out.
    Asked { ask: Ask, sent: Timestamp },
    /// A change of the store is out.
    Storing(Then),
}

/// What follows a change of the store.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Then {
    Proceed,
    Rest { due: Timestamp, held: bool },
}

/// What the server last said of itself.
#[derive(Debug, Clone)]
struct Greeting {
    at: Timestamp,
    hello: Hello,
    /// The clock's error; `None` where the round trip was too long to tell.
    skew_ms: Option<i64>,
    /// True once this device's epoch and sequence were compared with the server's.
    compared: bool,
    /// True once the outbox was rewound to what this hello says.
    rewound: bool,
}

/// What the worker may show while the engine works.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Activity {
    /// Not enrolled.
    Asleep,
    /// In step with the server; looks again at this time.
    InStep(Timestamp),
    /// Talking to the server.
    Working,
    /// Something is wrong; tries again at this time.
    Waiting(Problem, Timestamp),
}

/// The state machine. See the module for its use.
#[derive(Debug)]
pub struct Engine {
    state: State,
    outputs: VecDeque<Output>,
    facts: Option<Facts>,
    greeting: Option<Greeting>,
    backoff: Backoff,
    /// Number of the request that is out.
    number: u64,
    /// Something was pushed since the last hello, so the heads are out of date.
    pushed: bool,
    /// The server spoke of another incarnation, or of another stream than this device read.
    rewind: bool,
    /// The server has other bytes under a sequence of this device.
    forked: bool,
    /// A snapshot was taken in this round: whatever it brought, what is missing comes as pages.
    fetched: bool,
    repairs: u32,
    batch_events: usize,
    page_entries: usize,
    /// What the server was told of this device.
    told: Standing,
    /// What stands in the store.
    noted: Noted,
    problem: Option<Problem>,
}

/// What was last written about the contact, so that it is not written again every five seconds.
#[derive(Debug, Default)]
struct Noted {
    contact: Option<Timestamp>,
    skew_ms: Option<i64>,
    /// `None` until it was written once: an earlier run of the app may have left something.
    problem: Option<Option<Problem>>,
}

impl Engine {
    /// Asleep until [`Input::Started`]. The seed feeds the jitter only.
    #[must_use]
    pub fn new(seed: u64) -> Self {
        Self {
            state: State::Asleep,
            outputs: VecDeque::new(),
            facts: None,
            greeting: None,
            backoff: Backoff::new(seed),
            number: 0,
            pushed: false,
            rewind: false,
            forked: false,
            fetched: false,
            repairs: 0,
            batch_events: REQUEST_EVENTS_MAX,
            page_entries: PAGE_ENTRIES,
            told: Standing::default(),
            noted: Noted::default(),
            problem: None,
        }
    }

    /// The next thing to do; `None` until something happens.
    pub fn poll(&mut self) -> Option<Output> {
        self.outputs.pop_front()
    }

    /// What the engine is doing, for the status screen.
    #[must_use]
    pub fn activity(&self) -> Activity {
        match (&self.state, self.problem) {
            (State::Asleep, _) => Activity::Asleep,
            (State::Resting { due, held: true }, None) => Activity::Waiting(Problem::Busy, *due),
            (State::Resting { due, .. }, None) => Activity::InStep(*due),
            (State::Resting { due, .. }, Some(problem)) => Activity::Waiting(problem, *due),
            (State::Asked { .. } | State::Storing(_), _) => Activity::Working,
        }
    }

    /// Takes what happened at `now` (the device's clock) and queues what follows from it.
    pub fn handle(&mut self, now: Timestamp, input: Input) {
        match input {
            Input::Started(facts) => self.start(now, facts),
            Input::Woke => self.on_woke(now),
            Input::EventConfirmed { pending, last_seq } => self.on_confirmed(now, pending, last_seq),
            Input::TryNow => {
                self.backoff.reset();
                if matches!(self.state, State::Resting { .. }) {
                    self.proceed_afresh(now);
                }
            }
            Input::NetworkChanged => {
                if matches!(self.state, State::Resting { held: false, .. }) {
                    self.backoff.reset();
                    self.proceed_afresh(now);
                }
            }
            Input::Replied(number, reply) => {
                if let Some((ask, sent)) = self.take_asked(number) {
                    self.on_reply(now, ask, sent, reply);
                }
            }
            Input::Failed(number, failure) => {
                if let Some((ask, _)) = self.take_asked(number) {
                    self.on_failure(now, &ask, &failure);
                }
            }
            Input::Stored(facts) => self.on_stored(now, facts),
            Input::StoreFailed(problem) => self.on_store_failed(now, problem),
        }
    }

    fn start(&mut self, now: Timestamp, facts: Option<Facts>) {
        self.outputs.clear();
        self.greeting = None;
        self.facts = facts;
        self.noted = Noted::default();
        self.told = Standing::default();
        self.fetched = false;
        self.backoff.reset();
        if self.facts.is_some() {
            self.proceed(now);
        } else {
            self.state = State::Asleep;
        }
    }

    fn on_woke(&mut self, now: Timestamp) {
        let State::Resting { due, held } = self.state else { return };
        let left = due.ms_since(now);
        // A clock that was set back must not put sync to sleep for a day.
        let longest = if held { RETRY_AFTER_MS_MAX } else { RETRY_MS_MAX };
        if left <= 0 || left > longest {
            self.proceed_afresh(now);
        } else {
            self.outputs.push_back(Output::WakeAt(due));
        }
    }

    fn on_confirmed(&mut self, now: Timestamp, pending: u64, last_seq: u64) {
        if let Some(facts) = &mut self.facts {
            facts.pending = pending;
            facts.last_seq = last_seq;
        }
        if matches!(self.state, State::Resting { held: false, .. }) && self.problem.is_none() {
            self.proceed(now);
        }
    }

    /// The request that was out, unless `number` is an old one.
    fn take_asked(&mut self, number: u64) -> Option<(Ask, Timestamp)> {
        match &self.state {
            State::Asked { ask, sent } if number == self.number => Some((ask.clone(), *sent)),
            _ => None,
        }
    }

    fn proceed_afresh(&mut self, now: Timestamp) {
        self.greeting = None;
        self.repairs = 0;
        self.proceed(now);
    }

    fn on_stored(&mut self, now: Timestamp, facts: Option<Facts>) {
        let State::Storing(then) = self.state else { return };
        self.facts = facts;
        self.then(now, then);
    }

    fn on_store_failed(&mut self, now: Timestamp, problem: Problem) {
        match self.state {
            // The note itself could not be written: nothing else is lost by that.
            State::Storing(rest @ Then::Rest { held: false, .. }) => self.then(now, rest),
            State::Storing(_) => self.fail(now, problem, None),
            _ => {}
        }
    }

    /// Something went wrong: says so and rests for a while.
    fn fail(&mut self, now: Timestamp, problem: Problem, retry_after_s: Option<u32>) {
        let wait_ms = self.backoff.fail(retry_after_s);
        let held = retry_after_s.is_some();
        self.greeting = None;
        self.fetched = false;
        self.problem = Some(problem);
        let rest = Then::Rest { due: now.plus_ms(wait_ms), held };
        if self.noted.problem == Some(Some(problem)) {
            self.then(now, rest);
        } else {
            self.noted.problem = Some(Some(problem));
            self.store(rest, Action::NoteProblem(problem));
        }
    }

    fn then(&mut self, now: Timestamp, then: Then) {
        match then {
            Then::Proceed => self.proceed(now),
            Then::Rest { due, held } => {
                self.state = State::Resting { due, held };
                self.outputs.push_back(Output::WakeAt(due));
            }
        }
    }

    fn ask(&mut self, now: Timestamp, ask: Ask) {
        self.number += 1;
        self.state = State::Asked { ask: ask.clone(), sent: now };
        self.outputs.push_back(Output::Send(self.number, ask));
    }

    fn store(&mut self, then: Then, action: Action) {
        self.state = State::Storing(then);
        self.outputs.push_back(Output::Store(action));
    }
}
