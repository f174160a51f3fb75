//! The server: the real rules of ingest, and lists in place of its database.

use super::{NOW, SITE, bytes};
use crate::domain::{DeviceId, EventId, SiteZone};
use crate::server::ingest::{Batch, Known, KnownId, Questions, Sender, Stored, check, judge};
use crate::server::storage::PushOutcome;
use crate::sync::wire::{Conflict, Hash, Head, Heads, Hello, PushReply, PushRequest, ServerEpoch, Status};
use std::cell::RefCell;
use std::collections::{BTreeMap, HashMap};
use std::rc::Rc;
use uuid::Uuid;

/// The device's chain up to an event, which one, and its place in the ledger.
type Link = (Hash, u8, u64);

#[derive(Clone)]
pub struct Server {
    pub epoch: ServerEpoch,
    pub log: Vec<u8>,
    pub chains: BTreeMap<(DeviceId, u32), Vec<Link>>,
}

impl Server {
    pub fn new(epoch: ServerEpoch) -> Self {
        Self { epoch, log: vec![], chains: BTreeMap::new() }
    }

    fn newest(&self, device: DeviceId) -> (u32, Head) {
        let newest = self.chains.range((device, 0)..=(device, u32::MAX)).next_back();
        newest.map_or((1, Head::default()), |((_, epoch), links)| (*epoch, head(links)))
    }

    pub fn hello(&self, device: DeviceId) -> Hello {
        let (device_epoch, last) = self.newest(device);
        Hello {
            service: "firstout".into(),
            server_id: Uuid::nil(),
            server_epoch: self.epoch,
            protocol: [1, 1],
            now: NOW,
            device_epoch,
            device_last_seq: last.seq,
            device_last_hash: (last.seq > 0).then_some(last.hash),
            heads: Heads::default(),
            revoked: false,
            checkpoint_key: None,
        }
    }

    /// As `server::storage::push`, with the real rules.
    pub fn push(&mut self, request: &PushRequest) -> Result<PushReply, Conflict> {
        let (device, epoch) = (request.device, request.epoch);
        if request.server_epoch != self.epoch {
            let device_last_seq = self.newest(device).1.seq;
            return Err(Conflict::EpochChanged { server_epoch: self.epoch, device_last_seq });
        }
        let batches = checked(request);
        let mut known = self.known(device, epoch);
        let plan = loop {
            let plan = judge(&*batches, &known);
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
            self.log.push(number(row.id));
        }
        let chain = self.chains.entry((device, epoch)).or_default();
        for (arrival, result) in batches[0].arrivals.iter().zip(&reply.results) {
            if arrival.seq > chain.len() as u64 {
                chain.push((arrival.hash, number(arrival.id), result.stream_seq));
            }
        }
        Ok(reply)
    }

    fn known(&self, device: DeviceId, epoch: u32) -> Known {
        let site = Head { seq: self.log.len() as u64, hash: Hash::default() };
        let mut known = Known { site, since: Some(NOW), ..Known::default() };
        let links = self.chains.get(&(device, epoch)).map(Vec::as_slice).unwrap_or_default();
        known.chains.insert((device, epoch), head(links));
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
}

fn head(links: &[Link]) -> Head {
    let hash = links.last().map_or_else(Hash::default, |link| link.0);
    Head { seq: links.len() as u64, hash }
}

fn number(id: Option<EventId>) -> u8 {
    id.map_or(0, |id| id.0.as_u128() as u8)
}

/// The same few requests come again in thousands of states.
fn checked(request: &PushRequest) -> Rc<[Batch; 1]> {
    type Key = (DeviceId, u32, ServerEpoch, Hash, Vec<(u64, Hash)>);
    thread_local! {
        static CHECKED: RefCell<HashMap<Key, Rc<[Batch; 1]>>> = RefCell::default();
    }
    let events = request.events.iter().map(|one| (one.seq, one.hash)).collect();
    let key = (request.device, request.epoch, request.server_epoch, request.prev_hash, events);
    CHECKED.with_borrow_mut(|known| {
        let made = known.entry(key).or_insert_with(|| {
            let sender = Sender { site: SITE, device: request.device, key: None, revoked: false };
            Rc::new([check(request.clone(), sender, NOW).expect("devices send what is well-formed")])
        });
        Rc::clone(made)
    })
}

/// What these events make the rules ask for beside sequences and ids.
fn answer(asked: Questions, known: &mut Known) {
    known.zone = asked.zone.then_some(SiteZone(chrono_tz::UTC)).or(known.zone);
    known.counted = asked.counted.then_some(false).or(known.counted);
    known.roles.extend(asked.roles.into_iter().map(|key| (key, None)));
    known.stopped = asked.stopped.then(Default::default).or(known.stopped.take());
}
