//! A server of protocol v1 in memory, written from docs/protocol.md and not from the real one.

use super::dice::Dice;
use firstout::domain::{Body, DeviceId, Event, EventId, MasterRecord, SiteId, Timestamp};
use firstout::ledger::{Setting, Stock, refuse};
use firstout::sync::engine::{Failure, Reply, Snapshot};
use firstout::sync::transport::Request;
use firstout::sync::wire::{
    Conflict, Envelope, EventEntry, Hash, Head, Heads, Hello, MasterEntry, PROTOCOL, PullReply, PullRequest,
    PushReply, PushRequest, PushResult, ServerEpoch, SnapshotHeader, SnapshotRow, Status, Stream,
};
use sha2::{Digest, Sha256};
use std::collections::BTreeMap;
use uuid::Uuid;

/// What stands under a sequence of a device.
#[derive(Clone)]
struct Link {
    hash: Hash,
    bytes: String,
    stream_seq: u64,
}

/// An entry with the stream's chain up to it.
type Chained<T> = (T, Hash);

#[derive(Clone)]
pub struct Model {
    pub server_id: Uuid,
    pub epoch: ServerEpoch,
    pub site: Vec<Chained<EventEntry>>,
    control: Vec<Chained<EventEntry>>,
    master: Vec<Chained<MasterEntry>>,
    chains: BTreeMap<(DeviceId, u32), Vec<Link>>,
    ids: BTreeMap<EventId, (String, u64)>,
    pub stock: Stock,
    /// Events of discrepancies, for the count of what a person must look at.
    pub discrepancies: Vec<firstout::ledger::Discrepancy>,
}

impl Model {
    pub fn new(records: &[MasterRecord], setting: Setting, dice: &mut Dice) -> Self {
        let mut model = Self {
            server_id: dice.uuid(),
            epoch: ServerEpoch(dice.uuid()),
            site: vec![],
            control: vec![],
            master: vec![],
            chains: BTreeMap::new(),
            ids: BTreeMap::new(),
            stock: Stock::new(setting),
            discrepancies: vec![],
        };
        for record in records {
            let bytes = serde_json::to_string(record).unwrap();
            let entry = MasterEntry { stream_seq: model.master.len() as u64 + 1, bytes };
            chain(&mut model.master, entry, Status::Accepted, |entry| (entry.stream_seq, &entry.bytes));
        }
        model
    }

    /// A backup of an earlier moment comes back, as another incarnation.
    pub fn restore(&mut self, backup: Self, dice: &mut Dice) {
        *self = Self { epoch: ServerEpoch(dice.uuid()), ..backup };
    }

    pub fn answer(&mut self, device: DeviceId, request: &Request, now: Timestamp) -> Result<Reply, Failure> {
        Ok(match request {
            Request::Hello(_) => Reply::Hello(self.hello(device, now)),
            Request::Push(push) => match self.push(device, push, now) {
                Ok(reply) => Reply::Pushed(reply),
                Err(conflict) => Reply::Conflict(conflict),
            },
            Request::Pull(pull) => match self.pull(device, pull) {
                Ok(reply) => Reply::Pulled(reply),
                Err(conflict) => Reply::Conflict(conflict),
            },
            Request::Snapshot => Reply::Snapshot(Snapshot::Memory(self.snapshot())),
        })
    }

    fn hello(&self, device: DeviceId, now: Timestamp) -> Hello {
        let (device_epoch, device_last_seq) = self.newest(device);
        Hello {
            service: "firstout".into(),
            server_id: self.server_id,
            server_epoch: self.epoch,
            protocol: [PROTOCOL, PROTOCOL],
            now,
            device_epoch,
            device_last_seq,
            device_last_hash: self
                .chains
                .get(&(device, device_epoch))
                .and_then(|links| Some(links.last()?.hash)),
            heads: Heads { control: head(&self.control), master: head(&self.master), site: head(&self.site) },
            revoked: false,
            checkpoint_key: None,
        }
    }

    fn newest(&self, device: DeviceId) -> (u32, u64) {
        let newest = self.chains.range((device, 0)..=(device, u32::MAX)).next_back();
        newest.map_or((1, 0), |((_, epoch), links)| (*epoch, links.len() as u64))
    }

    fn push(&mut self, device: DeviceId, push: &PushRequest, now: Timestamp) -> Result<PushReply, Conflict> {
        assert_eq!(push.device, device);
        if push.server_epoch != self.epoch {
            let (_, device_last_seq) = self.newest(device);
            return Err(Conflict::EpochChanged { server_epoch: self.epoch, device_last_seq });
        }
        let key = (device, push.epoch);
        let known = self.chains.get(&key).cloned().unwrap_or_default();
        let first = push.events.first().expect("no push is empty").seq;
        if first > known.len() as u64 + 1 {
            return Err(Conflict::Gap { expected: known.len() as u64 + 1 });
        }
        let before = known.get((first as usize).wrapping_sub(2)).map_or(Hash::default(), |link| link.hash);
        if before != push.prev_hash {
            return Err(Conflict::Fork { expected_hash: before });
        }
        for envelope in &push.events {
            if let Some(link) = known.get(envelope.seq as usize - 1)
                && (link.hash, &link.bytes) != (envelope.hash, &envelope.bytes)
            {
                return Err(Conflict::Fork { expected_hash: link.hash });
            }
        }
        let mut prev = push.prev_hash;
        let mut results = vec![];
        for envelope in &push.events {
            assert_eq!(
                envelope.hash,
                Hash::chain(prev, envelope.bytes.as_bytes()),
                "a device breaks its chain"
            );
            prev = envelope.hash;
            results.push(match known.get(envelope.seq as usize - 1) {
                Some(link) => result(envelope, None, Status::Duplicate, link.stream_seq, None),
                None => self.ingest(key, envelope, now),
            });
        }
        Ok(PushReply { acked_through: push.head().seq, results, retry_after_s: None })
    }

    fn ingest(&mut self, key: (DeviceId, u32), envelope: &Envelope, now: Timestamp) -> PushResult {
        let event =
            Event::decode(envelope.bytes.as_bytes()).expect("these devices write what this version reads");
        let known = self.ids.get(&event.id).cloned();
        let (status, stream_seq, reason) = match known {
            Some((bytes, stream_seq)) => {
                assert_eq!(bytes, envelope.bytes, "an id with other bytes");
                (Status::Duplicate, stream_seq, None)
            }
            None => {
                let Ok(refusal) = refuse(&event, &self.stock);
                let mut found = self.stock.apply(&event, refusal.is_none());
                let status = match (&refusal, found.is_empty()) {
                    (Some(_), _) => Status::Refused,
                    (None, true) => Status::Accepted,
                    (None, false) => Status::Flagged,
                };
                self.discrepancies.append(&mut found);
                let entry = EventEntry {
                    stream_seq: self.site.len() as u64 + 1,
                    status,
                    received: now,
                    device: key.0,
                    epoch: key.1,
                    seq: envelope.seq,
                    bytes: envelope.bytes.clone(),
                };
                let control = EventEntry { stream_seq: self.control.len() as u64 + 1, ..entry.clone() };
                let stream_seq = entry.stream_seq;
                self.ids.insert(event.id, (envelope.bytes.clone(), stream_seq));
                chain(&mut self.site, entry, status, |entry| (entry.stream_seq, &entry.bytes));
                if status.has_effect() && is_control(&event.body) {
                    chain(&mut self.control, control, status, |entry| (entry.stream_seq, &entry.bytes));
                }
                (status, stream_seq, refusal.map(|refusal| refusal.code().to_owned()))
            }
        };
        let link = Link { hash: envelope.hash, bytes: envelope.bytes.clone(), stream_seq };
        self.chains.entry(key).or_default().push(link);
        result(envelope, Some(event.id), status, stream_seq, reason)
    }

    fn pull(&self, device: DeviceId, pull: &PullRequest) -> Result<PullReply, Conflict> {
        let (_, device_last_seq) = self.newest(device);
        let moved = Conflict::EpochChanged { server_epoch: self.epoch, device_last_seq };
        let at = |seq: u64| match (pull.stream, seq) {
            (_, 0) => Some(Hash::default()),
            (Stream::Control, seq) => self.control.get(seq as usize - 1).map(|(_, hash)| *hash),
            (Stream::Master, seq) => self.master.get(seq as usize - 1).map(|(_, hash)| *hash),
            (Stream::Site, seq) => self.site.get(seq as usize - 1).map(|(_, hash)| *hash),
        };
        if pull.epoch != self.epoch || at(pull.after) != Some(pull.hash) {
            return Err(moved);
        }
        let mut reply = PullReply {
            stream: pull.stream,
            events: vec![],
            records: vec![],
            next: Head { seq: pull.after, hash: pull.hash },
            head: match pull.stream {
                Stream::Control => head(&self.control),
                Stream::Master => head(&self.master),
                Stream::Site => head(&self.site),
            },
            backed_up_through: 0,
            backed_up_epoch: 0,
        };
        let after = pull.after as usize;
        match pull.stream {
            Stream::Control => reply.events = page(&self.control, after, pull.limit),
            Stream::Master => reply.records = page(&self.master, after, pull.limit),
            Stream::Site => reply.events = page(&self.site, after, pull.limit),
        }
        let seq = pull.after + (reply.events.len() + reply.records.len()) as u64;
        reply.next = Head { seq, hash: at(seq).unwrap() };
        Ok(reply)
    }

    fn snapshot(&self) -> Vec<u8> {
        let mut rows: Vec<SnapshotRow> = vec![];
        rows.extend(
            self.stock
                .lots()
                .map(|lot| SnapshotRow::Lot { facts: lot.facts.clone(), received: lot.received }),
        );
        let real = self.stock.balances().filter(|(key, _)| !key.place.location.is_virtual());
        rows.extend(real.map(|(key, balance)| SnapshotRow::Stock {
            key: key.clone(),
            units: balance.quantity.units(),
            since: balance.since,
        }));
        rows.extend(self.stock.origins().cloned().map(SnapshotRow::Origin));
        rows.extend(self.stock.destinations().cloned().map(SnapshotRow::Destination));
        rows.extend(self.stock.all_progress().cloned().map(SnapshotRow::Progress));
        rows.extend(self.stock.holds().map(SnapshotRow::Hold));
        rows.extend(self.stock.closed().map(SnapshotRow::Closed));
        let header = SnapshotHeader {
            stream: Stream::Site,
            server_epoch: self.epoch,
            head: head(&self.site),
            rows: rows.len() as u64 + 1,
            undone: self.stock.undone().collect(),
        };
        let mut bytes = serde_json::to_vec(&header).unwrap();
        bytes.push(b'\n');
        for row in &rows {
            serde_json::to_writer(&mut bytes, row).unwrap();
            bytes.push(b'\n');
        }
        let digest = Hash(Sha256::digest(&bytes).into());
        serde_json::to_writer(&mut bytes, &SnapshotRow::End { digest }).unwrap();
        bytes.push(b'\n');
        bytes
    }
}

fn result(
    envelope: &Envelope,
    event_id: Option<EventId>,
    status: Status,
    stream_seq: u64,
    reason: Option<String>,
) -> PushResult {
    let event_id = event_id.or_else(|| Event::decode(envelope.bytes.as_bytes()).ok().map(|event| event.id));
    PushResult { seq: envelope.seq, event_id, status, stream_seq, reason }
}

fn is_control(body: &Body) -> bool {
    match body {
        Body::Hold(_) | Body::Release(_) => true,
        Body::Undo(undo) => is_control(&undo.body),
        _ => false,
    }
}

fn chain<T>(stream: &mut Vec<Chained<T>>, entry: T, status: Status, parts: impl Fn(&T) -> (u64, &String)) {
    let (seq, bytes) = parts(&entry);
    let hash = Hash::chain_stream(head(stream).hash, seq, status, bytes.as_bytes());
    stream.push((entry, hash));
}

fn head<T>(stream: &[Chained<T>]) -> Head {
    Head { seq: stream.len() as u64, hash: stream.last().map_or(Hash::default(), |(_, hash)| *hash) }
}

fn page<T: Clone>(stream: &[Chained<T>], after: usize, limit: usize) -> Vec<T> {
    stream.iter().skip(after).take(limit).map(|(entry, _)| entry.clone()).collect()
}

/// The site where these devices work.
pub const SITE: SiteId = SiteId(1);
