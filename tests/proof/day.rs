//! A handheld's working day, as the proofs play it: a real store, the real sync, a model server.

use super::dice::Dice;
use super::model::{Model, SITE};
use super::world;
use firstout::domain::{DeviceId, Event, EventId, Timestamp};
use firstout::ledger::Stock;
use firstout::store::{Draft, Identity, KEEP_EVENTS_MS, PinTries, Store, StoreError};
use firstout::sync::driver::{Replica, sync_once};
use firstout::sync::engine::{Action, Facts, Failure, Problem, Reply};
use firstout::sync::transport::{Request, Transport};
use firstout::sync::wire::{Hash, PushRequest, Stream};
use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use uuid::Uuid;

pub const NOW: Timestamp = Timestamp(1_795_000_000_000);
pub const OWN: DeviceId = DeviceId(Uuid::from_u128(0xD1));
const OTHER: DeviceId = DeviceId(Uuid::from_u128(0xD2));

/// Is told after each step of the day that ended: `acked` events are safe from here on.
pub trait Witness {
    /// Is about to be confirmed.
    fn confirming(&mut self, _: EventId) {}
    fn step(&mut self, what: &'static str, store: Option<&Store>);
    fn acked(&mut self, event: &Event);
}

/// How long a day is.
#[derive(Debug, Clone, Copy)]
pub struct Length {
    pub rounds: u64,
    pub events: u64,
    /// Events of the last round.
    pub last: u64,
}

/// The fold of the server's stream so far.
struct Base {
    read: usize,
    hash: Hash,
    stock: Stock,
    ids: BTreeSet<EventId>,
}

pub struct Day<'a, W> {
    pub path: PathBuf,
    pub dice: Dice,
    pub now: Timestamp,
    pub model: Model,
    pub store: Option<Store>,
    /// Every event that was confirmed.
    pub beeped: Vec<Event>,
    /// Shown stock is compared with the fold after each step.
    pub check_fold: bool,
    base: Option<Base>,
    pub witness: &'a mut W,
}

pub fn identity(model: &Model, device: DeviceId) -> Identity {
    Identity {
        device,
        epoch: 1,
        key: firstout::domain::DeviceKey::from_seed(&[7; 32]),
        site: SITE,
        server_id: model.server_id,
        server_epoch: model.epoch,
        server_url: "http://server".into(),
        roots: String::new(),
        name: "HH-01".into(),
    }
}

impl<'a, W: Witness> Day<'a, W> {
    pub fn new(path: &Path, seed: u64, witness: &'a mut W) -> Self {
        let mut dice = Dice::new(seed);
        let model = Model::new(&world::records(), world::setting(), &mut dice);
        Self {
            path: path.to_owned(),
            dice,
            now: NOW,
            model,
            store: None,
            beeped: vec![],
            check_fold: false,
            base: None,
            witness,
        }
    }

    /// Everything that a handheld does with its file, in the order of a day.
    pub fn play(&mut self, length: Length) -> Result<(), StoreError> {
        self.switch_on()?;
        let identity = identity(&self.model, OWN);
        self.store().enrol(identity)?;
        self.step("enrol");
        self.others_work(20);
        self.sync();
        let mut backup = self.model.clone();
        for round in 0..length.rounds {
            self.shift(length.events)?;
            self.sync();
            match round % 4 {
                0 => {
                    self.others_work(6);
                    self.fetch_snapshot();
                }
                1 => self.log_out()?,
                2 => {
                    self.forget_old()?;
                    backup = self.model.clone();
                }
                _ => {
                    self.store().new_epoch(round as u32 + 2)?;
                    self.step("new epoch");
                }
            }
        }
        self.shift(length.last)?;
        self.model.restore(backup, &mut self.dice);
        self.sync();
        self.log_out()
    }

    pub fn store(&mut self) -> &mut Store {
        self.store.as_mut().expect("it is switched on")
    }

    fn step(&mut self, what: &'static str) {
        self.now = self.now.plus_ms(1_000);
        self.witness.step(what, self.store.as_ref());
        if self.check_fold {
            self.compare();
        }
    }

    /// Shown stock is the server's up to the cursor and this device's own events on top. After a restore the old state
    /// is shown until the new one has come.
    fn compare(&mut self) {
        let Some(store) = &self.store else { return };
        let Some(identity) = store.identity().unwrap() else { return };
        let cursor = store.cursor(Stream::Site).unwrap();
        let at = (cursor.seq as usize).checked_sub(1);
        let Some(at) = at.filter(|_| identity.server_epoch == self.model.epoch) else { return };
        if self.model.site.get(at).is_none_or(|(_, hash)| *hash != cursor.hash) {
            return;
        }
        let goes_on = |base: &Base| base.read <= at + 1 && self.model.site[base.read - 1].1 == base.hash;
        let mut base = self.base.take().filter(goes_on).unwrap_or_else(|| Base {
            read: 0,
            hash: Hash::default(),
            stock: Stock::new(world::setting()),
            ids: BTreeSet::new(),
        });
        for (entry, _) in &self.model.site[base.read..=at] {
            let event = Event::decode(entry.bytes.as_bytes()).unwrap();
            base.ids.insert(event.id);
            base.stock.apply(&event, entry.status.has_effect());
        }
        (base.read, base.hash) = (at + 1, cursor.hash);
        let mut expected = base.stock.clone();
        for event in self.beeped.iter().filter(|event| !base.ids.contains(&event.id)) {
            expected.apply(event, true);
        }
        self.base = Some(base);
        assert_eq!(world::shown(store), world::real(&expected), "shown stock is not the fold");
    }

    fn switch_on(&mut self) -> Result<(), StoreError> {
        self.store = Some(Store::open(&self.path, self.now)?.0);
        self.step("open");
        Ok(())
    }

    /// Scans, with what the screens keep beside them.
    fn shift(&mut self, events: u64) -> Result<(), StoreError> {
        let operator = world::PICKER;
        let now = self.now;
        self.store().keep_pin_tries(operator, PinTries { wrong: 1, until: now })?;
        self.step("a wrong PIN");
        self.store().keep_pin_tries(operator, PinTries { wrong: 0, until: now })?;
        self.step("sign in");
        for number in 0..events {
            let now = self.now;
            let store = self.store.as_mut().expect("it is switched on");
            let (operator, body) = world::draft(&mut self.dice, store, now)?;
            let draft = Draft { id: EventId(self.dice.uuid()), operator, at: now, body };
            let in_hand = [None, Some(Some(r#"{"a line":"in hand"}"#)), Some(None)][number as usize % 3];
            self.witness.confirming(draft.id);
            let confirmed = store.confirm_leaving(draft, in_hand)?;
            self.witness.acked(&confirmed.event);
            self.beeped.push(confirmed.event);
            self.step("confirm");
        }
        let language = if events.is_multiple_of(2) { "de" } else { "en" };
        self.store().keep_setting("language", language)?;
        self.step("a setting");
        Ok(())
    }

    fn sync(&mut self) {
        let now = self.now;
        let mut carrier = Carrier { model: &mut self.model, device: OWN, now };
        let store = self.store.as_mut().expect("it is switched on");
        let mut traced = Traced { store, witness: self.witness };
        let _ = sync_once(&mut traced, &mut carrier, || now);
        self.now = now.plus_ms(10_000);
    }

    /// Another handheld of the site confirms and syncs.
    fn others_work(&mut self, events: u64) {
        let mut other = Store::open_in_memory().unwrap();
        let device = DeviceId(self.dice.uuid());
        other.enrol(identity(&self.model, device)).unwrap();
        for _ in 0..events {
            let (operator, body) = world::draft(&mut self.dice, &other, self.now).unwrap();
            let draft = Draft { id: EventId(self.dice.uuid()), operator, at: self.now, body };
            other.confirm(draft).unwrap();
        }
        let now = self.now;
        sync_once(&mut other, &mut Carrier { model: &mut self.model, device, now }, || now);
    }

    fn fetch_snapshot(&mut self) {
        let reply = self.model.answer(OTHER, &Request::Snapshot, self.now);
        let Ok(Reply::Snapshot(snapshot)) = reply else { return };
        let now = self.now;
        let _ = self.store().perform(Action::ApplySnapshot(snapshot), now);
        self.step("snapshot");
    }

    fn log_out(&mut self) -> Result<(), StoreError> {
        self.store = None;
        self.step("log out");
        self.switch_on()
    }

    /// The server says that it has a backup; a month later the events may go.
    fn forget_old(&mut self) -> Result<(), StoreError> {
        let (cursor, last) = (self.store().cursor(Stream::Site)?, self.store().last_seq()?);
        let epoch = self.store().epoch()?;
        let mut page = firstout::sync::wire::PullReply {
            stream: Stream::Site,
            events: vec![],
            records: vec![],
            next: cursor,
            head: cursor,
            backed_up_through: last,
            backed_up_epoch: epoch,
        };
        page.head.seq += 1;
        let now = self.now;
        self.store().apply_pull(&page, now)?;
        self.step("backed up");
        loop {
            let purged = self.store().purge(now.plus_ms(KEEP_EVENTS_MS + 86_400_000))?;
            self.step("purge");
            if purged.through {
                return Ok(());
            }
        }
    }
}

struct Carrier<'a> {
    model: &'a mut Model,
    device: DeviceId,
    now: Timestamp,
}

impl Transport for Carrier<'_> {
    fn send(&mut self, request: &Request) -> Result<Reply, Failure> {
        self.model.answer(self.device, request, self.now)
    }
}

/// Each change by sync is a step of its own.
struct Traced<'a, W> {
    store: &'a mut Store,
    witness: &'a mut W,
}

impl<W: Witness> Replica for Traced<'_, W> {
    fn facts(&self) -> Result<Option<Facts>, Problem> {
        self.store.facts()
    }

    fn push_request(
        &self,
        after: u64,
        events: usize,
        bytes: usize,
        now: Timestamp,
    ) -> Result<PushRequest, Problem> {
        self.store.push_request(after, events, bytes, now)
    }

    fn perform(&mut self, action: Action, now: Timestamp) -> Result<(), Problem> {
        let what = super::device::name(&action);
        let done = self.store.perform(action, now);
        self.witness.step(what, Some(self.store));
        done
    }
}
