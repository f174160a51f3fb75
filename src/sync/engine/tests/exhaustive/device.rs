//! A handheld: the real engine, and a list in place of its store.

use super::super::super::message::{Action, Ask, Facts, Input, Output};
use super::super::super::{Backoff, Engine, Noted, State};
use super::{NOW, SITE, bytes, link};
use crate::domain::{DeviceId, Signature};
use crate::sync::wire::{Envelope, Hash, Head, PushRequest, ServerEpoch};
use std::collections::VecDeque;
use std::rc::Rc;
use uuid::Uuid;

/// An event on a device: which, and its place in the device's sequence.
#[derive(Debug, Clone)]
pub struct Own {
    pub event: u8,
    pub epoch: u32,
    pub seq: u64,
    pub hash: Hash,
}

/// A request that is out, as it left.
#[derive(Debug, Clone)]
pub enum Sent {
    Hello,
    Push(Rc<PushRequest>),
}

pub struct Device {
    pub id: DeviceId,
    pub epoch: u32,
    pub server_epoch: ServerEpoch,
    pub events: Vec<Own>,
    pub acked: u64,
    pub engine: Engine,
    pub out: Option<(u64, Sent)>,
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
    pub fn new(id: u128, server_epoch: ServerEpoch) -> Self {
        let id = DeviceId(Uuid::from_u128(id));
        let engine = Engine::new(1);
        let mut device = Self { id, epoch: 1, server_epoch, events: vec![], acked: 0, engine, out: None };
        device.feed(Input::Started(Some(device.facts())), false);
        device
    }

    /// Its file on another device, switched on there.
    pub fn copied(&self, forgets: bool) -> Self {
        let mut copy = self.clone();
        (copy.engine, copy.out) = (Engine::new(1), None);
        copy.feed(Input::Started(Some(copy.facts())), forgets);
        copy
    }

    pub fn tail(&self, epoch: u32) -> Head {
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

    pub fn confirm(&mut self, event: u8) {
        let (epoch, tail) = (self.epoch, self.tail(self.epoch));
        let hash = link(tail.hash, event);
        self.events.push(Own { event, epoch, seq: tail.seq + 1, hash });
        let Facts { pending, last_seq, .. } = self.facts();
        self.feed(Input::EventConfirmed { pending, last_seq }, false);
    }

    /// As `store::outbox::resequence`.
    fn resequence(&mut self, epoch: u32, which: impl Fn(&Own) -> bool) {
        let mut tail = self.tail(epoch);
        for own in self.events.iter_mut().filter(|own| which(own)) {
            tail = Head { seq: tail.seq + 1, hash: link(tail.hash, own.event) };
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

    pub fn feed(&mut self, input: Input, forgets: bool) {
        self.engine.handle(NOW, input);
        while let Some(output) = self.engine.poll() {
            match output {
                Output::Send(number, ask) => self.out = Some((number, self.sent(&ask))),
                Output::Store(action) => {
                    self.perform(action, forgets);
                    self.engine.handle(NOW, Input::Stored(Some(self.facts())));
                }
                Output::WakeAt(_) => {}
            }
        }
    }

    /// As the driver does it: a request is complete before it leaves.
    fn sent(&self, ask: &Ask) -> Sent {
        match ask {
            Ask::Hello(_) => Sent::Hello,
            Ask::Push { after, events_max, .. } => Sent::Push(Rc::new(self.push(*after, *events_max))),
            Ask::Pull(_) | Ask::Snapshot => unreachable!("there is nothing to fetch"),
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

    pub fn rests(&self) -> bool {
        matches!(self.engine.state, State::Resting { .. })
    }
}
