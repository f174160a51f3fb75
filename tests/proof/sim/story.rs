//! The sites, the handhelds and what happens to them, one step after another.

use super::lie::Lie;
use super::server::{Books, Caller, SITES, Servers};
use super::step::{Kind, Step};
use super::{check, old};
use crate::Scratch;
use crate::device::{Crash, Device};
use crate::dice::Dice;
use crate::memory;
use crate::world::PICKER;
use firstout::domain::{Body, EventId, Park, SiteId, Timestamp};
use firstout::store::{Draft, Identity, OpenReport, Store, StoreError};
use firstout::sync::driver::{Replica, SyncWorker};
use firstout::sync::engine::{Action, Activity, Failure, Input};
use firstout::sync::transport::Request;
use firstout::sync::wire::PushReply;
use std::collections::{BTreeMap, BTreeSet};
use std::path::PathBuf;

const DEVICES: u64 = 4;
const DEVICES_MAX: usize = 7;
/// When the network is well, everybody is in step after so long.
const CONVERGED_S: i64 = 60;
const CALM_REQUESTS: u32 = 40;
const DAY_MS: i64 = 86_400_000;
const TEN_YEARS_DAYS: i64 = 3_652;

/// What happens to a request.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Fate {
    Lost,
    Late,
    AnswerLost,
    Error500,
    Portal,
    Twice,
    Well,
}

pub(super) struct Hand {
    pub(super) device: Device,
    /// As whom it sends.
    pub(super) caller: Caller,
    pub(super) offline_until: Timestamp,
    /// Requests that failed in a row.
    pub(super) failed: u32,
    /// The bytes of what it confirmed, as far as they were looked at.
    pub(super) bytes: Vec<String>,
}

pub(super) struct Sim {
    pub(super) now: Timestamp,
    pub(super) servers: Servers,
    pub(super) hands: Vec<Hand>,
    pub(super) late: Vec<(Caller, Request)>,
    pub(super) backups: Vec<PathBuf>,
    /// Events that were in some backup.
    pub(super) copied: BTreeSet<String>,
    /// What beeped, by its bytes.
    pub(super) beeped: BTreeMap<EventId, String>,
    /// Bytes under an id that is another event's.
    pub(super) poison: BTreeSet<String>,
    /// Gone with an older backup after their devices had let them go.
    pub(super) gone: BTreeSet<EventId>,
    pub(super) done: BTreeMap<Kind, u64>,
    pub(super) lie: Lie,
    pub(super) story: Option<Vec<String>>,
    /// Goes before its folder, and after all who have a file open.
    _in_memory: memory::Guard,
    pub(super) folder: Scratch,
}

impl Sim {
    pub(super) fn new(seed: u64, lie: Lie) -> Self {
        let mut dice = Dice::new(!seed);
        let folder = Scratch::new("sim");
        let in_memory = memory::hold(folder.text());
        let now = Timestamp::parse("2026-11-23T08:00:00Z").unwrap();
        let servers = Servers::start(folder.path(), lie, &mut dice);
        let mut sim = Self {
            now,
            servers,
            hands: vec![],
            late: vec![],
            backups: vec![],
            copied: BTreeSet::new(),
            beeped: BTreeMap::new(),
            poison: BTreeSet::new(),
            gone: BTreeSet::new(),
            done: BTreeMap::new(),
            lie,
            story: None,
            _in_memory: in_memory,
            folder,
        };
        for n in 0..DEVICES {
            let site = SITES[usize::from(n + 1 == DEVICES)];
            let identity = sim.servers.enrol(site, &mut dice, now);
            old::new_file(&sim.folder.path().join(format!("{}.db", identity.device)));
            let mut device = Device::enrolled(sim.folder.path(), identity, &mut dice, now);
            device.start(&mut dice, now);
            sim.join(device);
        }
        sim.back_up();
        sim
    }

    fn join(&mut self, device: Device) {
        let Identity { site, device: name, .. } = device.store().identity().unwrap().expect("it is enrolled");
        let caller = Caller { site, device: name };
        self.hands.push(Hand { device, caller, offline_until: Timestamp(0), failed: 0, bytes: vec![] });
    }

    fn tell(&mut self, what: impl FnOnce() -> String) {
        let now = self.now;
        if let Some(story) = &mut self.story {
            story.push(format!("{} {}", &now.to_string()[5..19], what()));
        }
    }

    pub(super) fn play(&mut self, steps: &[Step]) -> Result<(), String> {
        for step in steps {
            *self.done.entry(step.kind).or_default() += 1;
            let mut dice = Dice::new(step.seed);
            let at = (step.at % self.hands.len() as u64) as usize;
            self.step(step.kind, at, &mut dice)?;
            // Which steps are looked at does not depend on what was left out.
            if step.seed % 5 == 0 {
                self.check_hand(at.min(self.hands.len() - 1))?;
            }
            if step.seed % 20 == 0 {
                self.check_kept()?;
            }
        }
        self.heal()?;
        self.check_end()
    }

    fn step(&mut self, kind: Kind, at: usize, dice: &mut Dice) -> Result<(), String> {
        let now = self.now;
        match kind {
            Kind::Confirm => {
                let id = EventId(dice.uuid());
                self.hands[at].device.confirm_as(id, dice, now);
                self.note_confirmed(at, id);
            }
            Kind::Deliver => self.deliver(at, dice),
            Kind::Calm => self.calm(at, dice),
            Kind::Late => self.arrive_late(dice),
            Kind::Seconds => self.pass(dice.below(20_000) as i64, dice),
            Kind::Days => self.pass(dice.below(45 * DAY_MS as u64) as i64, dice),
            Kind::TryNow => self.hands[at].device.feed(dice, now, Input::TryNow),
            Kind::Network => self.hands[at].device.feed(dice, now, Input::NetworkChanged),
            Kind::Crash => self.crash(at, dice),
            Kind::Partition => self.cut_off(at, dice),
            Kind::Backup => self.back_up(),
            Kind::Restore => self.restore(dice),
            Kind::Restart => {
                self.servers.restart();
                self.tell(|| "the server's processes start again".to_owned());
            }
            Kind::Upgrade => {
                let newer = self.servers.upgrade(dice)?;
                self.tell(|| format!("the server's program is {newer} migrations newer from now on"));
            }
            Kind::Copy => self.copy(at, dice),
            Kind::Enrol => self.enrol_again(at, dice)?,
            Kind::Move => self.go_elsewhere(at, dice)?,
            Kind::Clock => self.jump(at, dice),
            Kind::Poison => self.poison(at, dice),
            Kind::Purge => self.purge(at),
            Kind::Old => self.old(dice),
        }
        Ok(())
    }

    fn note_confirmed(&mut self, at: usize, id: EventId) {
        let device = &self.hands[at].device;
        let event = device.beeped.last().expect("it was confirmed");
        let (bytes, kind) =
            (String::from_utf8(event.encode().unwrap()).unwrap(), event.body.kind().to_owned());
        let waiting = device.store().pending();
        match self.beeped.get(&id) {
            // Whichever comes second is set aside.
            Some(first) => self.poison.extend([first.clone(), bytes]),
            None => {
                self.beeped.insert(id, bytes);
            }
        }
        self.tell(|| format!("device {at} confirms {id} ({kind}), {waiting} wait"));
    }

    fn deliver(&mut self, at: usize, dice: &mut Dice) {
        const FATES: [Fate; 6] =
            [Fate::Lost, Fate::Late, Fate::AnswerLost, Fate::Error500, Fate::Portal, Fate::Twice];
        let fate = if dice.percent(45) { *dice.pick(&FATES) } else { Fate::Well };
        self.send(at, fate, dice);
    }

    /// For once its network is well, until it rests.
    fn calm(&mut self, at: usize, dice: &mut Dice) {
        self.hands[at].device.feed(dice, self.now, Input::TryNow);
        for _ in 0..CALM_REQUESTS {
            self.send(at, Fate::Well, dice);
        }
    }

    fn send(&mut self, at: usize, fate: Fate, dice: &mut Dice) {
        let (now, caller, engine) = (self.now, self.hands[at].caller, dice.roll());
        let Some((number, request)) = self.hands[at].device.out.take() else { return };
        let what = short(&request);
        let offline = self.hands[at].offline_until > now;
        let result = match fate {
            _ if offline => Err(Failure::Offline),
            Fate::Lost => Err(Failure::TimedOut),
            Fate::Late => {
                self.late.push((caller, request));
                Err(Failure::TimedOut)
            }
            Fate::AnswerLost => {
                let _ = self.servers.answer(caller, engine, &request, now);
                Err(Failure::Truncated)
            }
            Fate::Error500 => Err(Failure::Status { code: 500, retry_after_s: None }),
            Fate::Portal => Err(Failure::NotFirstout),
            Fate::Twice | Fate::Well => {
                if fate == Fate::Twice {
                    self.late.push((caller, request.clone()));
                }
                self.servers.answer(caller, engine, &request, now)
            }
        };
        self.tell(|| {
            let fate = if offline { "offline".to_owned() } else { format!("{fate:?}").to_lowercase() };
            let said = match &result {
                Ok(reply) => check::said(reply),
                Err(failure) => format!("{failure:?}"),
            };
            format!("device {at} sends {what}: {fate}; it hears {said}")
        });
        let hand = &mut self.hands[at];
        hand.failed = if result.is_ok() { 0 } else { hand.failed + 1 };
        let input = match result {
            Ok(reply) => Input::Replied(number, reply),
            Err(failure) => Input::Failed(number, failure),
        };
        hand.device.feed(dice, now, input);
        if self.lie == Lie::GiveUp && self.hands[at].failed >= 3 {
            self.give_up(at);
        }
    }

    /// The control: as if the server had them.
    fn give_up(&mut self, at: usize) {
        let (now, device) = (self.now, &mut self.hands[at].device);
        let acked_through = device.store().last_seq().unwrap();
        let reply = PushReply { acked_through, results: vec![], retry_after_s: None };
        let store = device.store.as_mut().expect("it is on");
        store.perform(Action::ApplyPush(reply), now).unwrap();
        self.tell(|| format!("device {at} gives up what waits"));
    }

    fn arrive_late(&mut self, dice: &mut Dice) {
        if self.late.is_empty() {
            return;
        }
        let pick = dice.below(self.late.len() as u64) as usize;
        let (caller, request) = self.late.swap_remove(pick);
        // Nobody waits for this answer any more.
        let _ = self.servers.answer(caller, dice.roll(), &request, self.now);
        self.tell(|| format!("late, the server gets {} of {}", short(&request), caller.device));
    }

    fn pass(&mut self, ms: i64, dice: &mut Dice) {
        self.now = self.now.plus_ms(ms);
        self.tell(|| format!("{} s have passed", ms / 1_000));
        for hand in &mut self.hands {
            hand.device.wake(dice, self.now);
        }
    }

    fn crash(&mut self, at: usize, dice: &mut Dice) {
        let (now, caller) = (self.now, self.hands[at].caller);
        let device = &mut self.hands[at].device;
        let how = dice.below(3);
        match how {
            0 => device.crash = Some(Crash::BeforeCommit),
            1 => device.crash = Some(Crash::AfterCommit),
            _ => {
                self.late.extend(device.out.take().map(|(_, request)| (caller, request)));
                device.restart(dice, now);
            }
        }
        let when = ["just before its next commit", "just after its next commit", "now"][how as usize];
        self.tell(|| format!("device {at} loses its power {when}"));
    }

    fn cut_off(&mut self, at: usize, dice: &mut Dice) {
        let until = self.now.plus_ms(dice.below(4 * 3_600_000) as i64);
        let all = dice.percent(30);
        for (hand, n) in self.hands.iter_mut().zip(0..) {
            if all || n == at {
                hand.offline_until = until;
            }
        }
        let who = if all { "everybody".to_owned() } else { format!("device {at}") };
        self.tell(|| format!("{who} is out of reach until {until}"));
    }

    fn back_up(&mut self) {
        let file = self.folder.path().join(format!("backup-{}", self.backups.len()));
        self.servers.back_up(&file);
        self.copied.extend(Books::open(&file).bytes().iter().map(|bytes| bytes.to_string()));
        self.backups.push(file);
        let number = self.backups.len() - 1;
        self.tell(|| format!("backup {number} is made"));
    }

    fn restore(&mut self, dice: &mut Dice) {
        let pick = dice.below(self.backups.len() as u64) as usize;
        self.servers.restore(&self.backups[pick].clone(), dice);
        self.note_gone();
        self.tell(|| format!("the server is put back to backup {pick}"));
    }

    /// What a device let go was in a backup; where an older one was put back, it is gone by that choice.
    fn note_gone(&mut self) {
        let there = self.servers.books().bytes();
        let is_missing = |bytes: &String| !there.contains(bytes.as_str()) && self.copied.contains(bytes);
        let missing: Vec<_> = self.beeped.iter().filter(|(_, bytes)| is_missing(bytes)).collect();
        let gone = missing.into_iter().filter(|(id, bytes)| !self.is_held(**id, bytes)).map(|(id, _)| *id);
        let gone: Vec<EventId> = gone.collect();
        self.gone.extend(gone);
    }

    fn copy(&mut self, at: usize, dice: &mut Dice) {
        if self.hands.len() >= DEVICES_MAX {
            return;
        }
        let (now, caller) = (self.now, self.hands[at].caller);
        let path = self.folder.path().join(format!("copy-{}.db", self.hands.len()));
        let device = &mut self.hands[at].device;
        self.late.extend(device.out.take().map(|(_, request)| (caller, request)));
        device.store = None;
        std::fs::copy(&device.path, &path).unwrap();
        device.restart(dice, now);
        let mut copy = Device {
            id: device.id,
            path,
            store: None,
            worker: SyncWorker::new(0),
            out: None,
            beeped: device.beeped.clone(),
            skew_ms: device.skew_ms,
            crash: None,
            has_read: device.has_read,
            done: BTreeMap::new(),
        };
        copy.restart(dice, now);
        self.join(copy);
        let number = self.hands.len() - 1;
        self.tell(|| format!("device {at} is copied: the copy is device {number}"));
    }

    /// A person scans a new code on it.
    fn enrol_again(&mut self, at: usize, dice: &mut Dice) -> Result<(), String> {
        let site = self.hands[at].caller.site;
        self.enrol_at(at, site, dice)
            .map_err(|error| format!("device {at} cannot be enrolled again: {error}"))
    }

    fn enrol_at(&mut self, at: usize, site: SiteId, dice: &mut Dice) -> Result<(), StoreError> {
        let (now, caller) = (self.now, self.hands[at].caller);
        let identity = self.servers.enrol(site, dice, now);
        let Hand { device, caller: sends_as, .. } = &mut self.hands[at];
        let name = identity.device;
        device.store.as_mut().expect("it is on").enrol(identity)?;
        *sends_as = Caller { site, device: name };
        self.late.extend(device.out.take().map(|(_, request)| (caller, request)));
        device.id = name;
        // At the other site nothing is shown until it was read, also not of what was done there before.
        device.has_read |= site != caller.site;
        device.restart(dice, now);
        self.tell(|| format!("device {at} is enrolled at site {site} as {name}"));
        Ok(())
    }

    fn go_elsewhere(&mut self, at: usize, dice: &mut Dice) -> Result<(), String> {
        let site = self.hands[at].caller.site;
        let other = SITES[usize::from(site == SITES[0])];
        let store = self.hands[at].device.store();
        let restored =
            store.identity().unwrap().expect("it is enrolled").server_epoch != self.servers.identity().1;
        let waiting = store.pending() > 0 || restored;
        match (self.enrol_at(at, other, dice), waiting) {
            (Ok(()), false) | (Err(StoreError::Unsent { .. }), true) => Ok(()),
            (Ok(()), true) if restored => Ok(()),
            (Ok(()), true) => Err(format!("device {at} left its site with events unsent")),
            (Err(error), _) => Err(format!("device {at} cannot go to site {other}: {error}")),
        }
    }

    fn jump(&mut self, at: usize, dice: &mut Dice) {
        let days = dice.below(2 * TEN_YEARS_DAYS as u64) as i64 - TEN_YEARS_DAYS;
        let ms = if dice.percent(40) { 0 } else { days * DAY_MS };
        self.hands[at].device.skew_ms = ms;
        self.tell(|| format!("device {at}'s clock is set {} days off", ms / DAY_MS));
    }

    fn poison(&mut self, at: usize, dice: &mut Dice) {
        // Of another device: under an id of its own, the store itself refuses it.
        let own: BTreeSet<_> = self.hands[at].device.beeped.iter().map(|event| event.id).collect();
        let others: Vec<_> = self.beeped.keys().filter(|id| !own.contains(id)).copied().collect();
        if others.is_empty() {
            return;
        }
        let id = *dice.pick(&others);
        let device = &mut self.hands[at].device;
        let (at_ms, body) =
            (device.clock(self.now), Body::Park(Park { bytes_hex: "00".into(), screen: "home".into() }));
        device.confirm_draft(Draft { id, operator: PICKER, at: at_ms, body }, dice, self.now);
        self.note_confirmed(at, id);
    }

    fn purge(&mut self, at: usize) {
        let device = &mut self.hands[at].device;
        let now = device.clock(self.now);
        let (mut rows, store) = (0, device.store.as_mut().expect("it is on"));
        loop {
            let purged = store.purge(now).unwrap();
            rows += purged.rows;
            if purged.through {
                break;
            }
        }
        self.note_gone();
        self.tell(|| format!("device {at} lets go of {rows} rows"));
    }

    /// Its file has the schema of the program before this one, which is brought up to date as it is opened.
    fn old(&mut self, dice: &mut Dice) {
        if self.hands.len() >= DEVICES_MAX {
            return;
        }
        let identity = self.servers.enrol(SITES[0], dice, self.now);
        let path = self.folder.path().join(format!("{}.db", identity.device));
        let events = old::old_file(&path, &identity, dice, self.now);
        let (store, OpenReport { created, salvage }) = Store::open(&path, self.now).unwrap();
        assert!(!created && salvage.is_none());
        let mut device = Device {
            id: identity.device,
            path,
            store: Some(store),
            worker: SyncWorker::new(dice.roll()),
            out: None,
            beeped: events,
            skew_ms: 0,
            crash: None,
            has_read: false,
            done: BTreeMap::new(),
        };
        for event in &device.beeped {
            self.beeped.insert(event.id, String::from_utf8(event.encode().unwrap()).unwrap());
        }
        device.start(dice, self.now);
        self.join(device);
        let number = self.hands.len() - 1;
        self.tell(|| format!("device {number} joins, off since the program before this one"));
    }

    /// All is well: what is under way arrives, and everybody is in step within a minute.
    fn heal(&mut self) -> Result<(), String> {
        self.tell(|| "from here on all is well".to_owned());
        let mut dice = Dice::new(1);
        while !self.late.is_empty() {
            self.arrive_late(&mut dice);
        }
        for at in 0..self.hands.len() {
            self.hands[at].offline_until = Timestamp(0);
            self.hands[at].device.crash = None;
            if !self.servers.knows(self.hands[at].caller) {
                self.enrol_again(at, &mut dice)?;
            }
            self.hands[at].device.feed(&mut dice, self.now, Input::NetworkChanged);
        }
        let began = self.now;
        loop {
            for at in 0..self.hands.len() {
                for requests in 0.. {
                    if self.hands[at].device.out.is_none() {
                        break;
                    }
                    if requests > 300 {
                        return Err(format!("device {at} never comes to rest"));
                    }
                    self.send(at, Fate::Well, &mut dice);
                }
            }
            let Some(why) = self.out_of_step() else { return Ok(()) };
            if self.now.ms_since(began) >= CONVERGED_S * 1_000 {
                return Err(format!("{CONVERGED_S} s after all is well: {why}"));
            }
            self.now = self.now.plus_ms(1_000);
            for hand in &mut self.hands {
                hand.device.wake(&mut dice, self.now);
            }
        }
    }

    /// Who is not in step, and why.
    fn out_of_step(&mut self) -> Option<String> {
        let books = self.servers.books();
        self.hands.iter().zip(0..).find_map(|(hand, at)| {
            let (store, activity) = (hand.device.store(), hand.device.worker.activity());
            let waiting = store.pending();
            let behind = check::behind(store, books, hand.caller.site);
            let well = matches!(activity, Activity::InStep(_)) && waiting == 0 && behind == 0;
            (!well).then(|| format!("device {at} says {activity:?}, {waiting} wait, {behind} entries behind"))
        })
    }
}

fn short(request: &Request) -> String {
    match request {
        Request::Hello(_) => "hello".to_owned(),
        Request::Push(push) => {
            let (first, last) = (push.events.first().map_or(0, |one| one.seq), push.head().seq);
            format!("events {first} to {last} of epoch {}", push.epoch)
        }
        Request::Pull(pull) => format!("a wish for {} after {}", pull.stream.name(), pull.after),
        Request::Snapshot => "a wish for a snapshot".to_owned(),
    }
}
