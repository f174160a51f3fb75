//! Two devices, one server, three events, a network that loses and repeats, a restore and a cloned device: every order of it.
//!
//! The engine and the server's rules (`check`, `judge`) are the real ones; only the two databases are lists here. Each
//! state that any order of steps can reach is visited once. From each of them, once nothing goes wrong any more, everything must
//! come to rest with each confirmed event in the ledger, once. `./x soak model` goes further than the tests do.

mod device;
mod mark;
mod server;

use super::super::message::{Input, Reply};
use super::super::{Activity, Failure};
use crate::domain::{Body, DeviceId, EVENT_VERSION, Event, EventId, Park, SiteId, Timestamp, UserId};
use crate::sync::wire::{Hash, PushRequest, ServerEpoch};
use device::{Device, Sent};
use mark::mark;
use server::Server;
use std::cell::RefCell;
use std::collections::{HashMap, HashSet, VecDeque};
use std::rc::Rc;
use std::sync::LazyLock;
use uuid::Uuid;

const NOW: Timestamp = Timestamp(1_795_420_800_000);
const SITE: SiteId = SiteId(1);
/// Most events of any search.
const EVENTS_MAX: u8 = 6;
/// Rounds in which everything must have come to rest.
const ROUNDS_MAX: usize = 60;

fn bytes(event: u8) -> &'static str {
    static ALL: LazyLock<[String; EVENTS_MAX as usize + 1]> =
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

/// Chains that were made, and the events in each.
#[derive(Default)]
struct Chains {
    links: HashMap<(Hash, u8), Hash>,
    histories: HashMap<Hash, Rc<[u8]>>,
}

thread_local! {
    static CHAINS: RefCell<Chains> = RefCell::default();
}

/// [`Hash::chain`], made once.
fn link(prev: Hash, event: u8) -> Hash {
    CHAINS.with_borrow_mut(|Chains { links, histories }| {
        *links.entry((prev, event)).or_insert_with(|| {
            let hash = Hash::chain(prev, bytes(event).as_bytes());
            let before = histories.get(&prev).map(|events| events.to_vec()).unwrap_or_default();
            histories.insert(hash, before.into_iter().chain([event]).collect());
            hash
        })
    })
}

/// The events of a chain.
fn history(hash: Hash) -> Rc<[u8]> {
    CHAINS.with_borrow(|chains| chains.histories.get(&hash).cloned().unwrap_or_default())
}

/// What is searched.
#[derive(Debug, Clone, Copy)]
struct Bounds {
    /// One device that is copied while it works, in place of two of their own.
    copied: bool,
    /// How many events are confirmed in all.
    events: u8,
    /// The control: what is acknowledged is deleted at once.
    forgets: bool,
}

#[derive(Clone)]
struct World {
    bounds: Bounds,
    devices: Vec<Device>,
    server: Server,
    backup: Option<Server>,
    /// The newest push, which the network may deliver again at any time.
    late: Option<Rc<PushRequest>>,
    confirmed: u8,
    losses: u8,
    repeats: u8,
    restores: u8,
    clones: u8,
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
    fn new(bounds: Bounds) -> Self {
        let epoch = ServerEpoch(Uuid::from_u128(1));
        let count = if bounds.copied { 1 } else { 2 };
        Self {
            bounds,
            devices: (1..=count).map(|id| Device::new(id, epoch)).collect(),
            server: Server::new(epoch),
            backup: None,
            late: None,
            confirmed: 0,
            losses: 1,
            repeats: 1,
            restores: 1,
            clones: u8::from(bounds.copied),
        }
    }

    fn steps(&self) -> Vec<Step> {
        let mut steps = Vec::new();
        for (n, device) in self.devices.iter().enumerate() {
            if self.confirmed < self.bounds.events {
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
            Some((_, Sent::Push(push))) => {
                let push = Rc::clone(push);
                // What nobody looks at any more is no part of the state.
                self.late = (self.repeats > 0).then(|| Rc::clone(&push));
                self.server.push(&push).map_or_else(Reply::Conflict, Reply::Pushed)
            }
            _ => Reply::Hello(self.server.hello(device.id)),
        }
    }

    fn step(&mut self, step: Step) {
        let forgets = self.bounds.forgets;
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
                if let Some(push) = self.late.take() {
                    let _ = self.server.push(&push);
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
                self.devices.push(self.devices[0].copied(forgets));
            }
        }
        let mut log = self.server.log.clone();
        log.sort_unstable();
        assert!(log.windows(2).all(|pair| pair[0] != pair[1]), "an event is in the ledger twice: {log:?}");
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
            let mark = mark(&self);
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

/// What a search has found.
struct Found {
    states: usize,
    /// A shortest way to a state that does not finish.
    stuck: Option<Vec<Step>>,
}

/// Every state that can be reached.
fn explore(bounds: Bounds) -> Found {
    let first = World::new(bounds);
    let (mut seen, mut proven) = (HashSet::from([mark(&first)]), HashSet::new());
    // Where each state was first come from.
    let mut ways = vec![(0, Step::Retry(0))];
    let mut queue = VecDeque::from([(first, 0)]);
    while let Some((world, at)) = queue.pop_front() {
        if !world.clone().finishes(&mut proven) {
            return Found { states: seen.len(), stuck: Some(way(&ways, at)) };
        }
        for step in world.steps() {
            let mut next = world.clone();
            next.step(step);
            if seen.insert(mark(&next)) {
                queue.push_back((next, ways.len()));
                ways.push((at, step));
            }
        }
    }
    Found { states: seen.len(), stuck: None }
}

fn way(ways: &[(usize, Step)], mut at: usize) -> Vec<Step> {
    let mut steps = Vec::new();
    while at > 0 {
        steps.push(ways[at].1);
        at = ways[at].0;
    }
    steps.reverse();
    steps
}

/// `./x soak model N` asks for more events than a test has the time for.
fn more_events() -> Option<u8> {
    let asked = std::env::var("MODEL_EVENTS").ok()?.parse().ok()?;
    assert!(asked <= EVENTS_MAX, "at most {EVENTS_MAX} events");
    Some(asked)
}

fn check(copied: bool, events: u8) {
    let bounds = Bounds { copied, events: more_events().unwrap_or(events), forgets: false };
    let Found { states, stuck } = explore(bounds);
    let Bounds { copied, events, .. } = bounds;
    let lost = u8::from(stuck.is_some());
    println!(r#"{{"harness":"model","copied":{copied},"events":{events},"cases":{states},"lost":{lost}}}"#);
    assert_eq!(stuck, None, "{bounds:?}");
    assert!(states > 1_000, "only {states} states: something is never reached");
}

#[test]
fn two_devices_in_any_order_of_things_lose_nothing_and_come_to_rest() {
    check(false, 3);
}

#[test]
fn a_device_and_its_copy_in_any_order_of_things_lose_nothing_and_come_to_rest() {
    check(true, 2);
}

/// The control: a device that forgets what was acknowledged before it was in a backup.
#[test]
fn a_device_that_forgets_too_early_is_found_out() {
    let found = explore(Bounds { copied: false, events: 3, forgets: true });
    let way = found.stuck.expect("the search finds nothing");
    assert!(way.contains(&Step::Restore), "{way:?}");
}
