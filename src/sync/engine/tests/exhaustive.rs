//! Two devices, one server, three events, a network that loses and repeats, a restore and a cloned device: every order of it.
//!
//! The engine and the server's rules ([`check`], [`judge`]) are the real ones; only the two databases are lists here. Each
//! state that any order of steps can reach is visited once. From each of them, once nothing goes wrong any more, everything must
//! come to rest with each confirmed event in the ledger, once.

use super::super::message::{Action, Ask, Facts, Input, Output, Reply};
use super::super::{Activity, Backoff, Engine, Failure, Noted, State};
use crate::domain::{
    Body, DeviceId, EVENT_VERSION, Event, EventId, Park, Signature, SiteId, SiteZone, Timestamp, UserId,
};
use crate::server::ingest::{Known, KnownId, Questions, Sender, Stored, check, judge};
use crate::server::storage::PushOutcome;
use crate::sync::wire::{
    Conflict, Envelope, Hash, Head, Heads, Hello, PushReply, PushRequest, ServerEpoch, Status,
};
use std::collections::{BTreeMap, HashSet, VecDeque};
use std::hash::{DefaultHasher, Hash as _, Hasher as _};
use std::sync::LazyLock;
use uuid::Uuid;

const NOW: Timestamp = Timestamp(1_795_420_800_000);
const SITE: SiteId = SiteId(1);
const EVENTS: u8 = 3;
/// Where a device was copied: two histories that part at the first event have everything that can part.
const EVENTS_COPIED: u8 = 2;
/// Rounds in which everything must have come to rest.
const ROUNDS_MAX: usize = 60;

/// An event on a device: which, and its place in the device's sequence.
#[derive(Debug, Clone)]
struct Own {
    event: u8,
    epoch: u32,
    seq: u64,
    hash: Hash,
}

fn bytes(event: u8) -> &'static str {
    static ALL: LazyLock<[String; EVENTS as usize + 1]> =
        LazyLock::new(|| std::array::from_fn(|n| encoded(n as u8)));
    &ALL[usize::from(event)]
}

fn encoded(event: u8) -> String {
    let body = Body::Park(Park { bytes_hex: "00".into(), screen: "home".into() });
    let (id, device) = (EventId(Uuid::from_u128(event.into())), DeviceId(Uuid::from_u128(77)));
    let event = Event {
        v: EVENT_VERSION,
        id,
        site: SITE,
        device,
        operator: UserId(1),
        at: NOW,
        skew_ms: Some(0),
        body,
    };
    String::from_utf8(event.encode().unwrap()).unwrap()
}

struct Device {
    id: DeviceId,
    epoch: u32,
    server_epoch: ServerEpoch,
    events: Vec<Own>,
    acked: u64,
    engine: Engine,
    out: Option<(u64, Ask)>,
}

impl Clone for Device {
    fn clone(&self) -> Self {
        let engine = &self.engine;
        assert!(engine.outputs.is_empty());
        let engine = Engine {
            state: engine.state.clone(),
            outputs: VecDeque::new(),
            facts: engine.facts.clone(),
            greeting: engine.greeting.clone(),
            backoff: Backoff::new(1),
            noted: Noted { ..engine.noted },
            ..*engine
        };
        let (events, out) = (self.events.clone(), self.out.clone());
        Self { events, out, engine, ..*self }
    }
}

impl Device {
    fn new(id: u128, server_epoch: ServerEpoch) -> Self {
        let id = DeviceId(Uuid::from_u128(id));
        let engine = Engine::new(1);
        let mut device = Self { id, epoch: 1, server_epoch, events: vec![], acked: 0, engine, out: None };
        device.feed(Input::Started(Some(device.facts())), false);
        device
    }

    fn tail(&self, epoch: u32) -> Head {
        let of_epoch = self.events.iter().filter(|own| own.epoch == epoch);
        let last = of_epoch.max_by_key(|own| own.seq);
        last.map_or_else(Head::default, |own| Head { seq: own.seq, hash: own.hash })
    }

    fn facts(&self) -> Facts {
        let last_seq = self.tail(self.epoch).seq;
        Facts {
            device: self.id,
            epoch: self.epoch,
            site: SITE,
            server_id: Uuid::nil(),
            server_epoch: self.server_epoch,
            last_seq,
            pending: last_seq - self.acked,
            control: Head::default(),
            master: Head::default(),
            site_cursor: Head::default(),
        }
    }

    fn confirm(&mut self, event: u8) {
        let (epoch, tail) = (self.epoch, self.tail(self.epoch));
        let hash = Hash::chain(tail.hash, bytes(event).as_bytes());
        self.events.push(Own { event, epoch, seq: tail.seq + 1, hash });
        let Facts { pending, last_seq, .. } = self.facts();
        self.feed(Input::EventConfirmed { pending, last_seq }, false);
    }

    /// As `store::outbox::resequence`.
    fn resequence(&mut self, epoch: u32, which: impl Fn(&Own) -> bool) {
        let mut tail = self.tail(epoch);
        for own in self.events.iter_mut().filter(|own| which(own)) {
            tail = Head { seq: tail.seq + 1, hash: Hash::chain(tail.hash, bytes(own.event).as_bytes()) };
            (own.epoch, own.seq, own.hash) = (epoch, tail.seq, tail.hash);
        }
    }

    /// As `store` does it. `forgets`: what is acknowledged is deleted at once.
    fn perform(&mut self, action: Action, forgets: bool) {
        let (epoch, acked) = (self.epoch, self.acked);
        match action {
            Action::ApplyPush(reply) => {
                self.acked = acked.max(reply.acked_through);
                if forgets {
                    let (epoch, acked, newest) = (self.epoch, self.acked, self.tail(self.epoch).seq);
                    // The latest row is kept, so that a sequence is never given twice.
                    self.events.retain(|own| own.epoch != epoch || own.seq > acked || own.seq == newest);
                }
            }
            Action::Rewind { server_epoch, device_last_seq, device_last_hash } => {
                self.server_epoch = server_epoch;
                let own = self.events.iter().find(|own| (own.epoch, own.seq) == (epoch, device_last_seq));
                let foreign = device_last_hash.zip(own).is_some_and(|(theirs, own)| theirs != own.hash);
                let device_last_seq = if foreign { 0 } else { device_last_seq };
                let first = self.events.iter().filter(|own| own.epoch == epoch).map(|own| own.seq).min();
                let broken = foreign || first.is_some_and(|first| first > device_last_seq + 1);
                let next = if broken { epoch + 1 } else { epoch };
                self.resequence(next, |own| own.epoch != next);
                self.epoch = next;
                self.acked = if broken { 0 } else { device_last_seq };
            }
            Action::NewEpoch(next) => {
                self.resequence(next, |own| own.epoch == epoch && own.seq > acked);
                self.epoch = next;
                self.acked = 0;
            }
            Action::NoteContact { .. } | Action::NoteProblem(_) => {}
            Action::ApplyPull(_) | Action::ApplySnapshot(_) => unreachable!("there is nothing to fetch"),
        }
    }

    fn feed(&mut self, input: Input, forgets: bool) {
        self.engine.handle(NOW, input);
        while let Some(output) = self.engine.poll() {
            match output {
                Output::Send(number, ask) => self.out = Some((number, ask)),
                Output::Store(action) => {
                    self.perform(action, forgets);
                    self.engine.handle(NOW, Input::Stored(Some(self.facts())));
                }
                Output::WakeAt(_) => {}
            }
        }
    }

    fn push(&self, after: u64, events_max: usize) -> PushRequest {
        let mut own: Vec<_> = self.events.iter().filter(|own| own.epoch == self.epoch).collect();
        own.sort_by_key(|own| own.seq);
        let before = own.iter().find(|own| own.seq == after);
        let envelope =
            |own: &&Own| Envelope { seq: own.seq, bytes: bytes(own.event).to_owned(), hash: own.hash };
        PushRequest {
            device: self.id,
            epoch: self.epoch,
            server_epoch: self.server_epoch,
            device_now: NOW,
            prev_hash: before.map_or_else(Hash::default, |own| own.hash),
            events: own.iter().filter(|own| own.seq > after).take(events_max).map(envelope).collect(),
            signature: Signature([0; 64]),
        }
    }

    fn rests(&self) -> bool {
        matches!(self.engine.state, State::Resting { .. })
    }

    fn mark(&self) -> String {
        let engine = &self.engine;
        let state = match &engine.state {
            State::Resting { held, .. } => format!("rest {held}"),
            // What it tells of itself is for people.
            State::Asked { ask: Ask::Hello(_), .. } => "hello".to_owned(),
            other => format!("{other:?}"),
        };
        let events: Vec<_> = self.events.iter().map(|own| (own.event, own.epoch, own.seq)).collect();
        let said = engine.greeting.as_ref().map(|one| {
            let hello = &one.hello;
            (hello.server_epoch, hello.device_epoch, hello.device_last_seq, one.compared, one.rewound)
        });
        let flags = (engine.pushed, engine.rewind, engine.forked, engine.repairs, engine.problem);
        format!(
            "{}/{}/{:?}/{events:?}/{}/{state}/{said:?}/{flags:?}",
            self.id, self.epoch, self.server_epoch, self.acked
        )
    }
}

/// The device's chain up to an event, which one, and its place in the ledger.
type Link = (Hash, u8, u64);

#[derive(Clone)]
struct Server {
    epoch: ServerEpoch,
    log: Vec<u8>,
    chains: BTreeMap<(DeviceId, u32), Vec<Link>>,
}

impl Server {
    fn newest(&self, device: DeviceId) -> (u32, u64) {
        let newest = self.chains.range((device, 0)..=(device, u32::MAX)).next_back();
        newest.map_or((1, 0), |((_, epoch), links)| (*epoch, links.len() as u64))
    }

    fn hello(&self, device: DeviceId) -> Hello {
        let (device_epoch, device_last_seq) = self.newest(device);
        Hello {
            service: "firstout".into(),
            server_id: Uuid::nil(),
            server_epoch: self.epoch,
            protocol: [1, 1],
            now: NOW,
            device_epoch,
            device_last_seq,
            device_last_hash: self
                .chains
                .get(&(device, device_epoch))
                .and_then(|links| Some(links.last()?.0)),
            heads: Heads::default(),
            revoked: false,
            checkpoint_key: None,
        }
    }

    /// As `server::storage::push`, with the real rules.
    fn push(&mut self, request: PushRequest) -> Result<PushReply, Conflict> {
        let (device, epoch) = (request.device, request.epoch);
        if request.server_epoch != self.epoch {
            let device_last_seq = self.newest(device).1;
            return Err(Conflict::EpochChanged { server_epoch: self.epoch, device_last_seq });
        }
        let sender = Sender { site: SITE, device, key: None, revoked: false };
        let batches = [check(request, sender, NOW).expect("devices send what is well-formed")];
        let mut known = self.known(device, epoch);
        let plan = loop {
            let plan = judge(&batches, &known);
            if plan.questions.is_empty() {
                break plan;
            }
            answer(plan.questions, &mut known);
        };
        let reply = match &plan.outcomes[0] {
            PushOutcome::Stored(reply) => reply.clone(),
            PushOutcome::Conflict(conflict) => return Err(conflict.clone()),
        };
        for row in &plan.draft.events {
            assert_ne!(row.status, Status::Quarantined, "{}", row.reason);
            self.log.push(row.id.map_or(0, |id| id.0.as_u128() as u8));
        }
        let chain = self.chains.entry((device, epoch)).or_default();
        for (arrival, result) in batches[0].arrivals.iter().zip(&reply.results) {
            if arrival.seq > chain.len() as u64 {
                let event = arrival.id.map_or(0, |id| id.0.as_u128() as u8);
                chain.push((arrival.hash, event, result.stream_seq));
            }
        }
        Ok(reply)
    }

    fn known(&self, device: DeviceId, epoch: u32) -> Known {
        let head = Head { seq: self.log.len() as u64, hash: Hash::default() };
        let mut known = Known { site: head, since: Some(NOW), ..Known::default() };
        let links = self.chains.get(&(device, epoch)).map(Vec::as_slice).unwrap_or_default();
        let end = links.last().map_or_else(Hash::default, |link| link.0);
        known.chains.insert((device, epoch), Head { seq: links.len() as u64, hash: end });
        for ((hash, event, stream_seq), seq) in links.iter().copied().zip(1..) {
            let stored = Stored { hash, bytes: bytes(event).to_owned(), stream_seq, reason: String::new() };
            known.seqs.insert((device, epoch, seq), stored);
        }
        for (event, stream_seq) in self.log.iter().copied().zip(1..) {
            let (status, reason, bytes) = (Status::Accepted, String::new(), bytes(event).to_owned());
            let id = EventId(Uuid::from_u128(event.into()));
            known.ids.insert(id, KnownId { stream_seq, status, reason, bytes });
        }
        known
    }

    fn mark(&self) -> String {
        let chains: Vec<_> = self
            .chains
            .iter()
            .map(|(key, links)| (key, links.iter().map(|l| l.1).collect::<Vec<_>>()))
            .collect();
        format!("{:?}/{:?}/{chains:?}", self.epoch, self.log)
    }
}

/// What these events make the rules ask for beside sequences and ids.
fn answer(asked: Questions, known: &mut Known) {
    known.zone = asked.zone.then_some(SiteZone(chrono_tz::UTC)).or(known.zone);
    known.counted = asked.counted.then_some(false).or(known.counted);
    known.roles.extend(asked.roles.into_iter().map(|key| (key, None)));
    known.stopped = asked.stopped.then(Default::default).or(known.stopped.take());
}

#[derive(Clone)]
struct World {
    devices: Vec<Device>,
    server: Server,
    backup: Option<Server>,
    /// The newest push, which the network may deliver again at any time.
    late: Option<PushRequest>,
    confirmed: u8,
    /// How many are confirmed in all.
    events: u8,
    losses: u8,
    repeats: u8,
    restores: u8,
    clones: u8,
    forgets: bool,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Step {
    Confirm(usize),
    Answer(usize),
    LoseRequest(usize),
    LoseReply(usize),
    Repeat,
    Retry(usize),
    Backup,
    Restore,
    Clone,
}

impl World {
    /// Two devices of their own, or one that is copied while it works.
    fn new(copied: bool, forgets: bool) -> Self {
        let epoch = ServerEpoch(Uuid::from_u128(1));
        let count = if copied { 1 } else { 2 };
        let devices = (1..=count).map(|id| Device::new(id, epoch)).collect();
        let server = Server { epoch, log: vec![], chains: BTreeMap::new() };
        let (backup, late, confirmed) = (None, None, 0);
        Self {
            devices,
            server,
            backup,
            late,
            confirmed,
            losses: 1,
            repeats: 1,
            restores: 1,
            clones: u8::from(copied),
            events: if copied { EVENTS_COPIED } else { EVENTS },
            forgets,
        }
    }

    fn steps(&self) -> Vec<Step> {
        let mut steps = Vec::new();
        for (n, device) in self.devices.iter().enumerate() {
            if self.confirmed < self.events {
                steps.push(Step::Confirm(n));
            }
            if device.out.is_some() {
                steps.push(Step::Answer(n));
                if self.losses > 0 {
                    steps.extend([Step::LoseRequest(n), Step::LoseReply(n)]);
                }
            } else if device.rests() {
                steps.push(Step::Retry(n));
            }
        }
        if self.repeats > 0 && self.late.is_some() {
            steps.push(Step::Repeat);
        }
        if self.restores > 0 {
            steps.push(if self.backup.is_none() { Step::Backup } else { Step::Restore });
        }
        if self.clones > 0 {
            steps.push(Step::Clone);
        }
        steps
    }

    fn serve(&mut self, n: usize) -> Reply {
        let device = &self.devices[n];
        match &device.out {
            Some((_, Ask::Push { after, events_max, .. })) => {
                let push = device.push(*after, *events_max);
                // What nobody looks at any more is no part of the state.
                self.late = (self.repeats > 0).then(|| push.clone());
                self.server.push(push).map_or_else(Reply::Conflict, Reply::Pushed)
            }
            _ => Reply::Hello(self.server.hello(device.id)),
        }
    }

    fn step(&mut self, step: Step) {
        let forgets = self.forgets;
        match step {
            Step::Confirm(n) => {
                self.confirmed += 1;
                self.devices[n].confirm(self.confirmed);
            }
            Step::Answer(n) => {
                let reply = self.serve(n);
                let Some((number, _)) = self.devices[n].out.take() else { return };
                self.devices[n].feed(Input::Replied(number, reply), forgets);
            }
            Step::LoseRequest(n) | Step::LoseReply(n) => {
                self.losses -= 1;
                if step == Step::LoseReply(n) {
                    self.serve(n);
                }
                let Some((number, _)) = self.devices[n].out.take() else { return };
                self.devices[n].feed(Input::Failed(number, Failure::TimedOut), forgets);
            }
            Step::Repeat => {
                self.repeats -= 1;
                let late = self.late.take();
                if let Some(push) = late {
                    let _ = self.server.push(push);
                }
            }
            Step::Retry(n) => self.devices[n].feed(Input::TryNow, forgets),
            Step::Backup => self.backup = Some(self.server.clone()),
            Step::Restore => {
                self.restores -= 1;
                let epoch = ServerEpoch(Uuid::from_u128(2));
                self.server = Server { epoch, ..self.backup.take().unwrap() };
            }
            Step::Clone => {
                self.clones -= 1;
                let mut copy = self.devices[0].clone();
                (copy.engine, copy.out) = (Engine::new(1), None);
                copy.feed(Input::Started(Some(copy.facts())), forgets);
                self.devices.push(copy);
            }
        }
        let mut log = self.server.log.clone();
        log.sort_unstable();
        assert!(log.windows(2).all(|pair| pair[0] != pair[1]), "an event is in the ledger twice: {log:?}");
    }

    fn mark(&self) -> u64 {
        let mut hasher = DefaultHasher::new();
        self.devices.iter().for_each(|device| device.mark().hash(&mut hasher));
        self.server.mark().hash(&mut hasher);
        self.backup.as_ref().map(Server::mark).hash(&mut hasher);
        let late = self.late.as_ref().map(|push| {
            let events: Vec<_> = push.events.iter().map(|one| (one.seq, one.hash.0)).collect();
            (push.device, push.epoch, push.server_epoch.0, push.prev_hash.0, events)
        });
        late.hash(&mut hasher);
        (self.confirmed, self.losses, self.repeats, self.restores, self.clones).hash(&mut hasher);
        hasher.finish()
    }

    fn is_done(&self) -> bool {
        let in_step = |device: &Device| matches!(device.engine.activity(), Activity::InStep(_));
        let known = |device: &Device| {
            device.server_epoch == self.server.epoch && device.acked == device.tail(device.epoch).seq
        };
        let all = (1..=self.confirmed).all(|event| self.server.log.contains(&event));
        all && self.devices.iter().all(|device| in_step(device) && known(device))
    }

    /// Nothing goes wrong any more, and everybody is served in turn: does it come to rest with everything in the ledger?
    fn finishes(mut self, proven: &mut HashSet<u64>) -> bool {
        let mut way = Vec::new();
        for _ in 0..ROUNDS_MAX {
            let mark = self.mark();
            if self.is_done() || proven.contains(&mark) {
                proven.extend(way);
                return true;
            }
            way.push(mark);
            for n in 0..self.devices.len() {
                if self.devices[n].out.is_none() {
                    self.step(Step::Retry(n));
                }
                self.step(Step::Answer(n));
            }
        }
        false
    }
}

/// Every state that can be reached; how many, and the first way to one that does not finish.
fn explore(copied: bool, forgets: bool) -> (usize, Option<Vec<Step>>) {
    let first = World::new(copied, forgets);
    let (mut seen, mut proven) = (HashSet::from([first.mark()]), HashSet::new());
    let mut queue = VecDeque::from([(first, Vec::new())]);
    while let Some((world, way)) = queue.pop_front() {
        if !world.clone().finishes(&mut proven) {
            return (seen.len(), Some(way));
        }
        for step in world.steps() {
            let mut next = world.clone();
            next.step(step);
            if seen.insert(next.mark()) {
                let mut way = way.clone();
                way.push(step);
                queue.push_back((next, way));
            }
        }
    }
    (seen.len(), None)
}

#[test]
fn no_order_of_things_loses_an_event_or_never_ends() {
    for copied in [false, true] {
        let (states, stuck) = explore(copied, false);
        println!("copied {copied}: {states} states");
        assert_eq!(stuck, None, "copied {copied}");
        assert!(states > 5_000, "only {states} states: something is never reached");
    }
}

/// The control: a device that forgets what was acknowledged before it was in a backup.
#[test]
fn a_device_that_forgets_too_early_is_found_out() {
    let (_, stuck) = explore(false, true);
    let way = stuck.expect("the search finds nothing");
    assert!(way.contains(&Step::Restore), "{way:?}");
}
