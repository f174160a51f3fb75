//! What an answer, a conflict or a failure means.

use super::message::{Action, Ask, Reply};
use super::{
    CONTACT_MS, Engine, Failure, Greeting, Problem, REPAIRS_MAX, RETRY_AFTER_MS_MAX, SKEW_ROUND_TRIP_MS_MAX,
    SKEW_STEP_MS, Then,
};
use crate::domain::Timestamp;
use crate::sync::wire::{
    Conflict, Head, Heads, Hello, PROTOCOL, PullReply, PullRequest, PushReply, REQUEST_BYTES_MAX, Stream,
};

impl Engine {
    pub(super) fn on_reply(&mut self, now: Timestamp, ask: Ask, sent: Timestamp, reply: Reply) {
        match (ask, reply) {
            (Ask::Hello(standing), Reply::Hello(hello)) => {
                self.told.head = standing.head.or(self.told.head);
                self.told.master = standing.master.or(self.told.master);
                self.told.control = standing.control.or(self.told.control);
                self.on_hello(now, sent, hello);
            }
            (Ask::Push { after, .. }, Reply::Pushed(reply)) => self.on_pushed(now, after, reply),
            (Ask::Pull(request), Reply::Pulled(reply)) => self.on_pulled(now, &request, reply),
            (Ask::Snapshot, Reply::Snapshot(snapshot)) => {
                self.fetched = true;
                self.store(Then::Proceed, Action::ApplySnapshot(snapshot));
            }
            (Ask::Push { .. } | Ask::Pull(_) | Ask::Snapshot, Reply::Conflict(conflict)) => {
                self.on_conflict(now, &conflict);
            }
            _ => self.fail(now, Problem::Confused, None),
        }
    }

    pub(super) fn on_hello(&mut self, now: Timestamp, sent: Timestamp, hello: Hello) {
        let Some(facts) = &self.facts else { return };
        if hello.service != "firstout" {
            return self.fail(now, Problem::Portal, None);
        }
        if hello.server_id != facts.server_id {
            return self.fail(now, Problem::OtherServer, None);
        }
        let [oldest, newest] = hello.protocol;
        if !(oldest..=newest).contains(&PROTOCOL) {
            return self.fail(now, Problem::Protocol, None);
        }
        let skew_ms = skew(sent, now, hello.now);
        self.pushed = false;
        self.greeting = Some(Greeting { at: now, hello, skew_ms, compared: false, rewound: false });
        let due = self.noted.contact.is_none_or(|at| !(0..CONTACT_MS).contains(&now.ms_since(at)));
        let moved = skew_ms.is_some_and(|skew| {
            self.noted.skew_ms.is_none_or(|noted| skew.abs_diff(noted) > SKEW_STEP_MS.unsigned_abs())
        });
        // While a problem stands, it stands until a whole round has gone well: a hello alone does not end it.
        if (due || moved) && self.problem.is_none() {
            self.note_contact(now, Then::Proceed);
        } else {
            self.proceed(now);
        }
    }

    /// Writes down that the server answered, how far the clock is off and what is up to date.
    pub(super) fn note_contact(&mut self, now: Timestamp, then: Then) {
        let (Some(facts), Some(greeting)) = (&self.facts, &self.greeting) else { return };
        let Heads { control, master, site } = greeting.hello.heads;
        let heads = [(Stream::Control, control), (Stream::Master, master), (Stream::Site, site)];
        let read = heads.into_iter().filter(|(stream, head)| *head == facts.cursor(*stream));
        let current = read.map(|(stream, _)| stream).collect();
        let skew_ms = greeting.skew_ms;
        let checkpoint_key = greeting.hello.checkpoint_key;
        let action = Action::NoteContact { skew_ms, current, checkpoint_key };
        self.noted.contact = Some(now);
        self.noted.skew_ms = skew_ms.or(self.noted.skew_ms);
        self.noted.problem = Some(None);
        self.store(then, action);
    }

    pub(super) fn on_pushed(&mut self, now: Timestamp, after: u64, mut reply: PushReply) {
        let Some(facts) = &self.facts else { return };
        // What was not sent with this push, a copy of this device may have sent: an answer says nothing of it.
        if let Some(sent) = reply.results.iter().map(|result| result.seq).max() {
            reply.acked_through = reply.acked_through.min(sent);
        }
        if reply.acked_through <= after || reply.acked_through > facts.last_seq {
            return self.fail(now, Problem::Confused, reply.retry_after_s);
        }
        self.pushed = true;
        self.backoff.reset();
        self.told.head = Some(reply.acked_through);
        let then = match reply.retry_after_s {
            Some(wait) if wait > 0 => {
                let wait_ms = i64::from(wait).saturating_mul(1_000).min(RETRY_AFTER_MS_MAX);
                Then::Rest { due: now.plus_ms(wait_ms), held: true }
            }
            _ => Then::Proceed,
        };
        self.store(then, Action::ApplyPush(reply));
    }

    pub(super) fn on_pulled(&mut self, now: Timestamp, request: &PullRequest, reply: PullReply) {
        let cursor = Head { seq: request.after, hash: request.hash };
        if reply.stream != request.stream || !reply.continues(cursor) {
            return self.fail(now, Problem::Confused, None);
        }
        if reply.next == cursor && reply.head != cursor {
            // The server knows of more and does not send it.
            return self.fail(now, Problem::Confused, None);
        }
        if let Some(greeting) = &mut self.greeting {
            let heads = &mut greeting.hello.heads;
            match reply.stream {
                Stream::Control => heads.control = reply.head,
                Stream::Master => heads.master = reply.head,
                Stream::Site => heads.site = reply.head,
            }
        }
        self.backoff.reset();
        self.store(Then::Proceed, Action::ApplyPull(reply));
    }

    pub(super) fn on_conflict(&mut self, now: Timestamp, conflict: &Conflict) {
        let Some(facts) = &self.facts else { return };
        self.repairs += 1;
        if self.repairs > REPAIRS_MAX {
            return self.fail(now, Problem::Confused, None);
        }
        match conflict {
            // The server has events that this device has not seen acknowledged: an answer was lost.
            Conflict::Gap { expected } if *expected > facts.acked() + 1 && *expected <= facts.last_seq => {
                let (after, events_max) = (expected - 1, self.batch_events);
                self.ask(now, Ask::Push { after, events_max, bytes_max: REQUEST_BYTES_MAX });
            }
            // Everything else is put right after a hello, which also makes sure that this is still our server.
            Conflict::Gap { .. } | Conflict::EpochChanged { .. } => {
                self.rewind = true;
                self.greet(now);
            }
            Conflict::Fork { .. } => {
                self.forked = true;
                self.greet(now);
            }
        }
    }

    pub(super) fn on_failure(&mut self, now: Timestamp, ask: &Ask, failure: &Failure) {
        let too_large = failure.problem() == Problem::TooLarge;
        match ask {
            Ask::Push { after, events_max, .. } if too_large && *events_max > 1 => {
                self.batch_events = events_max / 2;
                let (after, events_max) = (*after, self.batch_events);
                self.ask(now, Ask::Push { after, events_max, bytes_max: REQUEST_BYTES_MAX });
            }
            Ask::Pull(request) if too_large && request.limit > 1 => {
                self.page_entries = request.limit / 2;
                let request = PullRequest { limit: self.page_entries, ..*request };
                self.ask(now, Ask::Pull(request));
            }
            _ => self.fail(now, failure.problem(), failure.retry_after_s()),
        }
    }
}

/// The clock error, measured against the middle of the round trip.
pub(super) fn skew(sent: Timestamp, received: Timestamp, server: Timestamp) -> Option<i64> {
    let round_trip_ms = received.ms_since(sent);
    if !(0..=SKEW_ROUND_TRIP_MS_MAX).contains(&round_trip_ms) {
        return None;
    }
    Some(server.ms_since(sent.plus_ms(round_trip_ms / 2)))
}
