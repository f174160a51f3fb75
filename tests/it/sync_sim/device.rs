//! A handheld in the simulation: a real store in a real file, the real worker, and a crash now and then.

use super::dice::Dice;
use super::model::{Model, SITE};
use super::world;
use firstout::domain::{DeviceId, DeviceKey, Event, EventId, SiteId, Timestamp};
use firstout::store::{Draft, Identity, Store};
use firstout::sync::driver::{Replica, Step, SyncWorker};
use firstout::sync::engine::{Action, Facts, Input, Problem};
use firstout::sync::transport::Request;
use firstout::sync::wire::{PushRequest, ServerEpoch, Status, Stream};
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use uuid::Uuid;

/// A device of this site at this server, in its first epoch.
pub fn identity(device: DeviceId, key: DeviceKey, site: SiteId, server: (Uuid, ServerEpoch)) -> Identity {
    Identity {
        device,
        epoch: 1,
        key,
        site,
        server_id: server.0,
        server_epoch: server.1,
        server_url: "http://server".into(),
        roots: String::new(),
        name: "HH".into(),
    }
}

/// When the power fails.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Crash {
    BeforeCommit,
    AfterCommit,
}

pub struct Device {
    pub id: DeviceId,
    pub path: PathBuf,
    pub store: Option<Store>,
    pub worker: SyncWorker,
    /// The request that is out.
    pub out: Option<(u64, Request)>,
    /// What beeped, in order.
    pub beeped: Vec<Event>,
    /// Its clock's error.
    pub skew_ms: i64,
    /// The power fails at the next change of the store by sync.
    pub crash: Option<Crash>,
    /// The site's stream was read once: from now on a cursor of zero means that the base is an old one.
    pub has_read: bool,
    /// What sync did to the store, and how often.
    pub done: BTreeMap<&'static str, u64>,
}

impl Device {
    pub fn new(folder: &Path, model: &Model, dice: &mut Dice, now: Timestamp) -> Self {
        let (id, key) = (DeviceId(dice.uuid()), DeviceKey::from_seed(&[1; 32]));
        let server = (model.server_id, model.epoch);
        Self::enrolled(folder, identity(id, key, SITE, server), dice, now)
    }

    pub fn enrolled(folder: &Path, identity: Identity, dice: &mut Dice, now: Timestamp) -> Self {
        let id = identity.device;
        let path = folder.join(format!("{id}.db"));
        let (mut store, _) = Store::open(&path, now).unwrap();
        store.enrol(identity).unwrap();
        let skew_ms = dice.below(1_200_000) as i64 - 600_000;
        let worker = SyncWorker::new(dice.roll());
        Self {
            id,
            path,
            store: Some(store),
            worker,
            out: None,
            beeped: vec![],
            skew_ms,
            crash: None,
            has_read: false,
            done: BTreeMap::new(),
        }
    }

    pub fn store(&self) -> &Store {
        self.store.as_ref().expect("it is switched on")
    }

    pub fn clock(&self, now: Timestamp) -> Timestamp {
        now.plus_ms(self.skew_ms)
    }

    pub fn confirm(&mut self, dice: &mut Dice, now: Timestamp) {
        let id = EventId(dice.uuid());
        self.confirm_as(id, dice, now);
    }

    pub fn confirm_as(&mut self, id: EventId, dice: &mut Dice, now: Timestamp) {
        let at = self.clock(now);
        let (operator, body) = world::draft(dice, self.store(), at).unwrap();
        self.confirm_draft(Draft { id, operator, at, body }, dice, now);
    }

    pub fn confirm_draft(&mut self, draft: Draft, dice: &mut Dice, now: Timestamp) {
        let store = self.store.as_mut().expect("it is switched on");
        let confirmed = store.confirm(draft).unwrap();
        self.beeped.push(confirmed.event);
        let (pending, last_seq) = (confirmed.pending, confirmed.seq);
        self.feed(dice, now, Input::EventConfirmed { pending, last_seq });
    }

    pub fn start(&mut self, dice: &mut Dice, now: Timestamp) {
        let at = self.clock(now);
        self.run(dice, now, |worker, store| worker.start(store, at));
    }

    pub fn feed(&mut self, dice: &mut Dice, now: Timestamp, input: Input) {
        let at = self.clock(now);
        self.run(dice, now, |worker, store| worker.feed(store, at, input));
    }

    pub fn wake(&mut self, dice: &mut Dice, now: Timestamp) {
        if self.worker.is_due(self.clock(now)) {
            self.feed(dice, now, Input::Woke);
        }
    }

    fn run(
        &mut self,
        dice: &mut Dice,
        now: Timestamp,
        work: impl FnOnce(&mut SyncWorker, &mut Crashing<'_>) -> Step,
    ) {
        let crash = self.crash;
        let store = self.store.as_mut().expect("it is switched on");
        let mut crashing = Crashing { store, crash, crashed: false, done: &mut self.done };
        let step = work(&mut self.worker, &mut crashing);
        self.has_read |= crashing.store.cursor(Stream::Site).unwrap().seq > 0;
        if crashing.crashed {
            self.crash = None;
            self.restart(dice, now);
        } else if let Some(send) = step.send {
            assert!(self.out.replace(send).is_none(), "two requests at a time");
        }
    }

    /// kill -9, and on again.
    pub fn restart(&mut self, dice: &mut Dice, now: Timestamp) {
        self.store = None;
        self.out = None;
        let (store, report) = Store::open(&self.path, self.clock(now)).unwrap();
        assert!(report.salvage.is_none() && !report.created);
        self.store = Some(store);
        self.worker = SyncWorker::new(dice.roll());
        self.start(dice, now);
    }
}

/// A store whose power can fail.
struct Crashing<'a> {
    store: &'a mut Store,
    crash: Option<Crash>,
    crashed: bool,
    done: &'a mut BTreeMap<&'static str, u64>,
}

pub fn name(action: &Action) -> &'static str {
    match action {
        Action::NoteContact { .. } => "contact",
        Action::NoteProblem(_) => "problem",
        Action::ApplyPush(reply) if reply.results.iter().any(|one| one.status == Status::Duplicate) => {
            "duplicate"
        }
        Action::ApplyPush(_) => "push",
        Action::ApplyPull(_) => "pull",
        Action::ApplySnapshot(_) => "snapshot",
        Action::Rewind { .. } => "rewind",
        Action::NewEpoch(_) => "new epoch",
    }
}

impl Replica for Crashing<'_> {
    fn facts(&self) -> Result<Option<Facts>, Problem> {
        if self.crashed { Err(Problem::Storage) } else { self.store.facts() }
    }

    fn push_request(
        &self,
        after: u64,
        events_max: usize,
        bytes_max: usize,
        now: Timestamp,
    ) -> Result<PushRequest, Problem> {
        self.store.push_request(after, events_max.min(4), bytes_max, now)
    }

    fn perform(&mut self, action: Action, now: Timestamp) -> Result<(), Problem> {
        if self.crashed {
            return Err(Problem::Storage);
        }
        *self.done.entry(name(&action)).or_default() += 1;
        match self.crash {
            None => self.store.perform(action, now),
            Some(crash) => {
                self.crashed = true;
                *self.done.entry("crash").or_default() += 1;
                if crash == Crash::AfterCommit {
                    self.store.perform(action, now)?;
                }
                Err(Problem::Storage)
            }
        }
    }
}
