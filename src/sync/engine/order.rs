//! The order of a round: the one place that knows what comes next.

use super::message::{Action, Ask, Facts, Standing};
use super::{Engine, Greeting, PAGE_ENTRIES, POLL_MS, Problem, REPAIRS_MAX, State, Then};
use crate::domain::Timestamp;
use crate::sync::wire::{Heads, PullRequest, REQUEST_BYTES_MAX, REQUEST_EVENTS_MAX, Stream};

impl Engine {
    /// Decides what comes next.
    pub(super) fn proceed(&mut self, now: Timestamp) {
        let Some(facts) = self.facts.clone() else {
            self.state = State::Asleep;
            return;
        };
        if self.pushed && facts.pending == 0 {
            self.greeting = None;
        }
        let Some(greeting) = self.greeting.as_ref().filter(|greeting| fresh(greeting.at, now)) else {
            return self.greet(now);
        };
        if !greeting.compared {
            if let Some(repair) = self.repair(&facts, greeting) {
                return self.do_repair(now, repair);
            }
            if let Some(greeting) = &mut self.greeting {
                greeting.compared = true;
            }
        }
        if self.greeting.as_ref().is_some_and(|greeting| greeting.hello.revoked) {
            return self.leave(now, &facts);
        }
        let heads = self.heads();
        if facts.control != heads.control {
            self.pull(now, &facts, Stream::Control);
        } else if facts.pending > 0 {
            let events_max = self.batch_events;
            self.ask(now, Ask::Push { after: facts.acked(), events_max, bytes_max: REQUEST_BYTES_MAX });
        } else if facts.master != heads.master {
            self.pull(now, &facts, Stream::Master);
        } else if facts.site_cursor.seq == 0 && heads.site.seq > 0 && !self.fetched {
            // Nothing of this device is under way now: what it sent was answered, so the snapshot's head tells
            // which of its events the snapshot holds.
            self.ask(now, Ask::Snapshot);
        } else if facts.site_cursor != heads.site {
            self.pull(now, &facts, Stream::Site);
        } else {
            self.quiet(now);
        }
    }

    /// Locked out: hands in what was recorded, fetches nothing.
    fn leave(&mut self, now: Timestamp, facts: &Facts) {
        if facts.pending == 0 {
            return self.fail(now, Problem::Revoked, None);
        }
        let events_max = self.batch_events;
        self.ask(now, Ask::Push { after: facts.acked(), events_max, bytes_max: REQUEST_BYTES_MAX });
    }

    /// Says hello, and how far this device is where the server does not know it.
    pub(super) fn greet(&mut self, now: Timestamp) {
        let facts = self.facts.as_ref();
        let head = facts.map(|facts| facts.last_seq).filter(|seq| self.told.head != Some(*seq));
        let cursor =
            |stream, told| facts.map(|facts| facts.cursor(stream).seq).filter(|seq| told != Some(*seq));
        let master = cursor(Stream::Master, self.told.master);
        let control = cursor(Stream::Control, self.told.control);
        self.ask(now, Ask::Hello(Standing { head, master, control }));
    }

    pub(super) fn heads(&self) -> Heads {
        self.greeting.as_ref().map(|greeting| greeting.hello.heads).unwrap_or_default()
    }

    pub(super) fn pull(&mut self, now: Timestamp, facts: &Facts, stream: Stream) {
        let cursor = facts.cursor(stream);
        self.ask(
            now,
            Ask::Pull(PullRequest {
                stream,
                epoch: facts.server_epoch,
                after: cursor.seq,
                hash: cursor.hash,
                limit: self.page_entries,
            }),
        );
    }

    /// Everything is equal.
    pub(super) fn quiet(&mut self, now: Timestamp) {
        self.backoff.reset();
        self.repairs = 0;
        self.fetched = false;
        self.problem = None;
        self.batch_events = REQUEST_EVENTS_MAX;
        self.page_entries = PAGE_ENTRIES;
        let rest = Then::Rest { due: now.plus_ms(POLL_MS), held: false };
        if self.noted.problem != Some(None) {
            self.note_contact(now, rest);
        } else {
            self.then(now, rest);
        }
    }

    /// What must be put right before anything is sent: this device and the server disagree about its sequence.
    pub(super) fn repair(&self, facts: &Facts, greeting: &Greeting) -> Option<Action> {
        let hello = &greeting.hello;
        let same = hello.device_epoch == facts.epoch;
        let ahead = hello.device_epoch > facts.epoch || (same && hello.device_last_seq > facts.last_seq);
        let device_last_seq = if same { hello.device_last_seq } else { 0 };
        let lost = device_last_seq < facts.acked();
        // Lost, and no longer here either: the rest of the outbox would wait for ever behind that gap.
        let gone = lost && greeting.rewound;
        if self.forked || ahead || gone {
            return Some(Action::NewEpoch(hello.device_epoch.max(facts.epoch).saturating_add(1)));
        }
        if self.rewind || lost || hello.server_epoch != facts.server_epoch {
            let device_last_hash = hello.device_last_hash.filter(|_| same);
            let server_epoch = hello.server_epoch;
            return Some(Action::Rewind { server_epoch, device_last_seq, device_last_hash });
        }
        None
    }

    pub(super) fn do_repair(&mut self, now: Timestamp, repair: Action) {
        self.repairs += 1;
        if self.repairs > REPAIRS_MAX {
            return self.fail(now, Problem::Confused, None);
        }
        if let Action::NewEpoch(_) = repair {
            self.forked = false;
        } else {
            (self.rewind, self.fetched) = (false, false);
            if let Some(greeting) = &mut self.greeting {
                greeting.rewound = true;
            }
        }
        self.store(Then::Proceed, repair);
    }
}

fn fresh(at: Timestamp, now: Timestamp) -> bool {
    (0..POLL_MS).contains(&now.ms_since(at))
}
