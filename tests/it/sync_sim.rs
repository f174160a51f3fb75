//! Sync as a whole, simulated from a seed: real stores in real files, a model server, and a network, a power supply and
//! a backup that cannot be relied on. `SIM_SEED=7` plays one run again, `SIM_SEEDS=5000` plays many.

mod device;
mod dice;
mod model;
pub mod world;

use device::{Crash, Device};
use dice::Dice;
use firstout::domain::{Event, EventId, HoldState, Progress, Timestamp};
use firstout::ledger::{Mismatch, Stock, fold_entries};
use firstout::store::Store;
use firstout::sync::engine::{Activity, Failure, Input};
use firstout::sync::transport::Request;
use firstout::sync::wire::{Hash, Head, Stream};
use model::Model;
use std::collections::{BTreeMap, BTreeSet};
use std::path::PathBuf;

/// What may go wrong in a run, in percent of its steps.
#[derive(Clone, Copy)]
struct Weather {
    devices: u64,
    steps: u64,
    /// Of all requests.
    lost: u64,
    crash: u64,
    restore: u64,
    /// A device's file is replaced by an older copy of itself.
    rollback: u64,
}

const ROUGH: Weather = Weather { devices: 3, steps: 220, lost: 50, crash: 3, restore: 0, rollback: 0 };
const RESTORES: Weather = Weather { restore: 2, ..ROUGH };
const ROLLBACKS: Weather = Weather { rollback: 2, ..ROUGH };

struct Sim {
    weather: Weather,
    dice: Dice,
    now: Timestamp,
    model: Model,
    backups: Vec<Model>,
    devices: Vec<Device>,
    /// Copies of requests that are still somewhere in the network.
    late: Vec<(usize, Request)>,
    /// Older copies of devices' files, each taken when everything on it was safe.
    copies: Vec<(usize, PathBuf)>,
    folder: PathBuf,
}

impl Sim {
    fn new(seed: u64, name: &str, weather: Weather) -> Self {
        let mut dice = Dice::new(seed);
        let memory = PathBuf::from("/dev/shm");
        let base = if memory.is_dir() { memory } else { std::env::temp_dir() };
        let folder = base.join(format!("firstout-sim-{}-{name}-{seed}", std::process::id()));
        std::fs::create_dir_all(&folder).unwrap();
        let now = Timestamp::parse("2026-11-23T08:00:00Z").unwrap();
        let model = Model::new(&world::records(), world::setting(), &mut dice);
        let devices = (0..weather.devices).map(|_| Device::new(&folder, &model, &mut dice, now)).collect();
        let backups = vec![model.clone()];
        Self { weather, dice, now, model, backups, devices, late: vec![], copies: vec![], folder }
    }

    fn run(&mut self) {
        for device in &mut self.devices {
            device.start(&mut self.dice, self.now);
        }
        for step in 0..self.weather.steps {
            let at = self.dice.below(self.weather.devices) as usize;
            self.step(at);
            if step % 4 == 0 {
                self.check_device(at);
            }
        }
        self.heal();
        self.check_end();
    }

    fn step(&mut self, at: usize) {
        let (weather, now) = (self.weather, self.now);
        match self.dice.below(100) {
            0..=29 => self.devices[at].confirm(&mut self.dice, now),
            30..=69 => self.deliver(at),
            70..=76 if !self.late.is_empty() => {
                let pick = self.dice.below(self.late.len() as u64) as usize;
                let (from, request) = self.late.swap_remove(pick);
                // Nobody waits for this answer any more.
                let _ = self.model.answer(self.devices[from].id, &request, now);
            }
            77..=89 => {
                self.now = now.plus_ms(self.dice.below(20_000) as i64);
                for device in &mut self.devices {
                    device.wake(&mut self.dice, self.now);
                }
            }
            90 => self.devices[at].feed(&mut self.dice, now, Input::TryNow),
            91 => self.devices[at].feed(&mut self.dice, now, Input::NetworkChanged),
            _ => {
                if self.dice.percent(weather.crash * 10) {
                    self.crash(at);
                }
                if self.dice.percent(weather.restore * 10) {
                    self.restore();
                }
                if self.dice.percent(weather.rollback * 10) {
                    self.rollback(at);
                }
            }
        }
    }

    fn deliver(&mut self, at: usize) {
        let Some((number, request)) = self.devices[at].out.take() else { return };
        let fate = if self.dice.percent(self.weather.lost) { self.dice.below(6) } else { 6 };
        let id = self.devices[at].id;
        let input = match fate {
            // The request is lost.
            0 => Input::Failed(number, Failure::TimedOut),
            // It comes later, when the device has given it up.
            1 => {
                self.late.push((at, request));
                Input::Failed(number, Failure::TimedOut)
            }
            // The answer is lost.
            2 => {
                let _ = self.model.answer(id, &request, self.now);
                Input::Failed(number, Failure::Truncated)
            }
            3 => Input::Failed(number, Failure::Status { code: 500, retry_after_s: None }),
            4 => Input::Failed(number, Failure::NotFirstout),
            _ => {
                // It comes twice.
                if fate == 5 {
                    self.late.push((at, request.clone()));
                }
                match self.model.answer(id, &request, self.now) {
                    Ok(reply) => Input::Replied(number, reply),
                    Err(failure) => Input::Failed(number, failure),
                }
            }
        };
        self.devices[at].feed(&mut self.dice, self.now, input);
    }

    fn crash(&mut self, at: usize) {
        let device = &mut self.devices[at];
        match self.dice.below(3) {
            0 => device.crash = Some(Crash::BeforeCommit),
            1 => device.crash = Some(Crash::AfterCommit),
            _ => {
                if let Some((_, request)) = device.out.take() {
                    self.late.push((at, request));
                }
                device.restart(&mut self.dice, self.now);
            }
        }
    }

    fn restore(&mut self) {
        if self.dice.percent(60) {
            self.backups.push(self.model.clone());
        } else {
            let backup = self.dice.pick(&self.backups).clone();
            self.model.restore(backup, &mut self.dice);
        }
    }

    /// Keeps a copy of a device's file, or puts an older one in its place; only where nothing waits on it, as nobody
    /// can bring back what was only there.
    fn rollback(&mut self, at: usize) {
        let lost = std::mem::replace(&mut self.weather.lost, 0);
        self.devices[at].feed(&mut self.dice, self.now, Input::TryNow);
        while self.devices[at].out.is_some() {
            self.deliver(at);
        }
        self.weather.lost = lost;
        let device = &mut self.devices[at];
        if device.store().pending() > 0 {
            return;
        }
        device.store = None;
        let copy = self.folder.join(format!("copy-{}", self.copies.len()));
        let older = self.copies.iter().rfind(|(of, _)| *of == at).map(|(_, path)| path.clone());
        match older.filter(|_| self.dice.percent(50)) {
            Some(older) => {
                let _ = std::fs::remove_file(device.path.with_extension("db-wal"));
                let _ = std::fs::remove_file(device.path.with_extension("db-shm"));
                std::fs::copy(older, &device.path).unwrap();
            }
            None => {
                std::fs::copy(&device.path, &copy).unwrap();
                self.copies.push((at, copy));
            }
        }
        device.restart(&mut self.dice, self.now);
    }

    /// Good weather until everybody is in step.
    fn heal(&mut self) {
        self.weather.lost = 0;
        for (from, request) in std::mem::take(&mut self.late) {
            let _ = self.model.answer(self.devices[from].id, &request, self.now);
        }
        for _round in 0..3 {
            for at in 0..self.devices.len() {
                self.devices[at].crash = None;
                self.now = self.now.plus_ms(1_000);
                self.devices[at].feed(&mut self.dice, self.now, Input::TryNow);
                let mut requests = 0;
                while self.devices[at].out.is_some() {
                    self.deliver(at);
                    requests += 1;
                    assert!(requests < 1_000, "device {at} never comes to rest");
                }
                self.check_device(at);
            }
        }
    }

    /// Shown = base + pending: what the server's stream says up to the cursor, then this device's own events.
    fn check_device(&self, at: usize) {
        let device = &self.devices[at];
        let store = device.store();
        let cursor = store.cursor(Stream::Site).unwrap();
        let identity = store.identity().unwrap().expect("it is enrolled");
        let known = cursor == self.head_at(cursor.seq) && identity.server_epoch == self.model.epoch;
        // After a restore the old state is shown until the new one has come.
        if !known || (cursor.seq == 0 && device.has_read) {
            return;
        }
        let (prefix, ids) = self.prefix(cursor.seq);
        let kept = |event: &&Event| store.event(event.id).unwrap().is_some();
        let own = self.devices[at].beeped.iter().filter(kept).filter(|event| !ids.contains(&event.id));
        let entries = prefix.iter().map(|(event, effect)| (event, *effect));
        let (expected, _) = fold_entries(world::setting(), entries.chain(own.map(|event| (event, true))));
        assert_eq!(
            world::shown(self.devices[at].store()),
            world::real(&expected),
            "device {at} at {}",
            cursor.seq
        );
    }

    fn head_at(&self, seq: u64) -> Head {
        let Some(before) = (seq as usize).checked_sub(1) else { return Head::default() };
        self.model.site.get(before).map_or(Head::default(), |(_, hash)| Head { seq, hash: *hash })
    }

    fn prefix(&self, seq: u64) -> (Vec<(Event, bool)>, BTreeSet<EventId>) {
        let entries = self.model.site.iter().take(seq as usize);
        let events: Vec<_> = entries
            .map(|(entry, _)| (Event::decode(entry.bytes.as_bytes()).unwrap(), entry.status.has_effect()))
            .collect();
        let ids = events.iter().map(|(event, _)| event.id).collect();
        (events, ids)
    }

    fn check_end(&self) {
        let (events, ids) = self.prefix(u64::MAX);
        assert_eq!(ids.len(), events.len(), "an event is in the ledger twice");
        let mut places = BTreeSet::new();
        let mut hash = Hash::default();
        for ((entry, found), seq) in self.model.site.iter().zip(1..) {
            assert_eq!(entry.stream_seq, seq, "the stream has a hole");
            assert!(
                places.insert((entry.device, entry.epoch, entry.seq)),
                "a device's sequence is used twice"
            );
            hash = Hash::chain_stream(hash, seq, entry.status, entry.bytes.as_bytes());
            assert_eq!(*found, hash);
        }
        let entries = events.iter().map(|(event, effect)| (event, *effect));
        let (expected, found) = fold_entries(world::setting(), entries);
        assert_eq!(expected.imbalances(), vec![], "a lot does not sum to zero");
        check_negatives(&expected, &found);
        for (device, at) in self.devices.iter().zip(0..) {
            for event in &device.beeped {
                assert!(ids.contains(&event.id), "device {at} beeped {} and the ledger has it not", event.id);
            }
            assert!(
                matches!(device.worker.activity(), Activity::InStep(_)),
                "{:?}",
                device.worker.activity()
            );
            let store = device.store();
            assert_eq!(store.sync_status().unwrap().pending, 0, "device {at} has events that wait");
            assert_eq!(world::shown(store), world::real(&expected), "device {at}");
            assert_eq!(open_holds(store), expected_holds(&expected), "device {at}");
            for order in world::OUTBOUND {
                let rows = store.progress(order).unwrap();
                assert_eq!(
                    progress(&rows),
                    progress(expected.all_progress().filter(|row| row.order == order))
                );
            }
        }
    }
}

impl Drop for Sim {
    fn drop(&mut self) {
        self.devices.clear();
        let _ = std::fs::remove_dir_all(&self.folder);
    }
}

fn open_holds(store: &Store) -> BTreeSet<EventId> {
    store.holds().unwrap().into_iter().map(|state| state.id).collect()
}

fn expected_holds(stock: &Stock) -> BTreeSet<EventId> {
    stock.holds().filter(|state: &HoldState| !state.released).map(|state| state.id).collect()
}

fn progress<'a>(rows: impl IntoIterator<Item = &'a Progress>) -> BTreeSet<String> {
    let moved = |row: &&Progress| [row.received, row.picked, row.dispatched, row.short] != [0; 4];
    rows.into_iter().filter(moved).map(|row| format!("{row:?}")).collect()
}

/// Every balance below zero has been reported.
fn check_negatives(stock: &Stock, found: &[firstout::ledger::Discrepancy]) {
    for (key, units) in world::real(stock) {
        let reported = found.iter().any(|discrepancy| {
            matches!(&discrepancy.what, Mismatch::NegativeBalance { key: named, .. } if *named == key)
        });
        assert!(units >= 0 || reported, "nobody was told that {key:?} is {units}");
    }
}

/// `reached`: what must have happened in some run, or the simulation has become too tame.
fn play(name: &str, seeds: u64, weather: Weather, reached: &[&str]) {
    let number = |name: &str| std::env::var(name).ok().and_then(|text| text.parse::<u64>().ok());
    let range = match number("SIM_SEED") {
        Some(seed) => seed..seed + 1,
        None => 0..number("SIM_SEEDS").unwrap_or(seeds),
    };
    let whole = range.end - range.start >= seeds;
    let mut done = BTreeMap::<&str, u64>::new();
    for seed in range {
        println!("{name}: SIM_SEED={seed}");
        let mut sim = Sim::new(seed, name, weather);
        sim.run();
        for (what, times) in sim.devices.iter().flat_map(|device| &device.done) {
            *done.entry(what).or_default() += times;
        }
    }
    println!("{name}: {done:?}");
    for what in reached {
        assert!(!whole || done.contains_key(what), "no run has seen a {what}: {done:?}");
    }
}

#[test]
fn devices_agree_in_rough_weather() {
    play("rough", 80, ROUGH, &["duplicate", "snapshot", "pull", "problem", "crash"]);
}

#[test]
fn a_restored_server_gets_everything_back() {
    play("restore", 80, RESTORES, &["rewind", "duplicate", "crash"]);
}

#[test]
fn a_device_that_was_set_back_takes_a_new_epoch() {
    play("rollback", 80, ROLLBACKS, &["new epoch", "duplicate"]);
}
