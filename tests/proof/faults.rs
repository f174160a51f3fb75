//! The disk refuses: an error at every call of a stretch of work, once or for a while.
//!
//! What the store says must be true for good: what it called saved is there after the power fails right then, what it
//! refused never comes back, and where it does not know it says so. Nothing panics, and the work goes on once the disk
//! does.

use super::day::{self, NOW};
use super::dice::Dice;
use super::disk::{self, Disk, Files, Loss, Recorder};
use super::model::Model;
use super::report::{self, Outcome};
use super::vfs::{self, Call, Watch};
use super::{Plan, Scratch, world};
use firstout::domain::{EventId, Timestamp};
use firstout::screens::store_words;
use firstout::screens::words::{Language, Words};
use firstout::store::{Draft, Healed, Store, StoreError};
use firstout::sync::driver::Replica;
use firstout::sync::engine::{Action, Reply};
use firstout::sync::transport::Request;
use rusqlite::ffi;
use std::collections::{BTreeMap, BTreeSet};
use std::ffi::c_int;
use std::ops::ControlFlow;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering::Relaxed};

pub const FILE: &str = "store.db";
/// Of the short run.
const CASES: u64 = 1_500;
/// A file is busy for so many calls at most.
const BUSY_SPAN: u64 = 4;
const CONTROL_CASES: u64 = 300;

/// What the disk does in the place of a call.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Fault {
    /// An error, and nothing done.
    Refused,
    /// A write is done, and answered with an error; a sync's pages are given up, and it answers an error.
    Muddled,
    /// No room for writes; short reads; a locked file.
    Short,
    /// The control: a sync that fails and says nothing.
    Hushed,
}

const FAULTS: [Fault; 3] = [Fault::Refused, Fault::Muddled, Fault::Short];
/// How many calls in a row it hits.
const SPANS: [u64; 3] = [1, 12, 200];

struct Faulty {
    recorder: Recorder,
    calls: AtomicU64,
    from: u64,
    to: u64,
    fault: Fault,
}

impl Faulty {
    /// The answer in the system's place, if any.
    fn code(&self, call: &Call<'_>) -> Option<c_int> {
        let short = self.fault == Fault::Short;
        Some(match call {
            _ if self.fault == Fault::Hushed => return None,
            Call::Read { .. } if short => ffi::SQLITE_IOERR_SHORT_READ,
            Call::Write { .. } | Call::Truncate { .. } if short => ffi::SQLITE_FULL,
            Call::ShmMap if short => ffi::SQLITE_IOERR_SHMSIZE,
            Call::Lock | Call::ShmLock if short => ffi::SQLITE_BUSY,
            _ if short => return None,
            Call::Open { .. } => ffi::SQLITE_CANTOPEN,
            Call::Read { .. } => ffi::SQLITE_IOERR_READ,
            Call::Write { .. } => ffi::SQLITE_IOERR_WRITE,
            Call::Truncate { .. } => ffi::SQLITE_IOERR_TRUNCATE,
            Call::Sync => ffi::SQLITE_IOERR_FSYNC,
            Call::Delete { .. } => ffi::SQLITE_IOERR_DELETE,
            Call::Size => ffi::SQLITE_IOERR_FSTAT,
            Call::Lock => ffi::SQLITE_IOERR_LOCK,
            Call::Access => ffi::SQLITE_IOERR_ACCESS,
            Call::ShmMap => ffi::SQLITE_IOERR_SHMMAP,
            Call::ShmLock => ffi::SQLITE_IOERR_SHMLOCK,
        })
    }
}

impl Watch for Faulty {
    fn call(&self, file: &str, call: Call<'_>, go: &mut dyn FnMut() -> c_int) -> c_int {
        let number = self.calls.fetch_add(1, Relaxed);
        let mut hit = (self.from..self.to).contains(&number);
        if matches!(call, Call::Lock | Call::ShmLock) && self.fault == Fault::Short {
            // SQLite waits and asks again, for up to two seconds.
            hit = (self.from..self.to.min(self.from + BUSY_SPAN)).contains(&number);
        }
        if matches!(call, Call::Read { .. }) && self.fault == Fault::Short {
            hit = number == self.from;
        }
        let is_sync = matches!(call, Call::Sync);
        if hit && is_sync && self.fault != Fault::Short {
            self.recorder.note_failed_sync(file);
            return if self.fault == Fault::Hushed { ffi::SQLITE_OK } else { ffi::SQLITE_IOERR_FSYNC };
        }
        match self.code(&call).filter(|_| hit) {
            None => self.recorder.call(file, call, go),
            Some(code) => {
                if self.fault == Fault::Muddled && matches!(call, Call::Write { .. } | Call::Truncate { .. })
                {
                    self.recorder.call(file, call, go);
                }
                code
            }
        }
    }
}

/// What was said of each event.
#[derive(Default)]
struct Said {
    saved: BTreeMap<EventId, Vec<u8>>,
    refused: BTreeSet<EventId>,
    unsure: BTreeSet<EventId>,
    /// Errors that the store answered.
    errors: u64,
    last_error: String,
    salvaged: bool,
    /// The program was started again while something was not known: then the file alone says what became of it.
    reopened_in_doubt: bool,
}

/// A store that was in use for a while, and the server's answers that the stretch takes in.
pub struct Stage {
    pub files: Files,
    model: Model,
    seed: u64,
}

struct Work<'a> {
    path: &'a Path,
    store: Option<Store>,
    dice: Dice,
    now: Timestamp,
    said: Said,
}

impl Work<'_> {
    fn note<T>(&mut self, result: Result<T, StoreError>) -> Option<T> {
        match result {
            Ok(value) => Some(value),
            Err(error) => {
                self.said.errors += 1;
                self.said.last_error = error.to_string();
                for language in [Language::English, Language::German] {
                    assert!(!store_words(&error, Words::new(language)).is_empty());
                }
                None
            }
        }
    }

    /// Opens it where it is closed; a person would start the program again. Where damage was met the app heals.
    fn open(&mut self) {
        if let Some(store) = self.store.as_mut().filter(|store| store.is_suspect()) {
            let healed = store.heal(self.now);
            self.said.salvaged |= matches!(healed, Ok(Healed::Salvaged(_)));
            self.note(healed);
        }
        if self.store.is_none() {
            self.said.reopened_in_doubt |= !self.said.unsure.is_empty();
            let opened = Store::open(self.path, self.now);
            if let Some((store, report)) = self.note(opened) {
                self.said.salvaged |= report.salvage.is_some();
                self.store = Some(store);
            }
        }
    }

    fn with(&mut self, work: impl FnOnce(&mut Store) -> Result<(), StoreError>) {
        self.open();
        self.now = self.now.plus_ms(1_000);
        if let Some(store) = &mut self.store {
            let done = work(store);
            self.note(done);
        }
    }

    /// True where it was called saved.
    fn confirm(&mut self) -> bool {
        self.open();
        self.now = self.now.plus_ms(1_000);
        let Some(store) = &mut self.store else { return false };
        let Ok((operator, body)) = world::draft(&mut self.dice, store, self.now) else { return false };
        let draft = Draft { id: EventId(self.dice.uuid()), operator, at: self.now, body };
        let id = draft.id;
        let confirmed = store.confirm(draft);
        match &confirmed {
            Ok(confirmed) => drop(self.said.saved.insert(id, confirmed.event.encode().unwrap())),
            Err(StoreError::Unsure(_)) => drop(self.said.unsure.insert(id)),
            Err(_) => drop(self.said.refused.insert(id)),
        }
        self.note(confirmed).is_some()
    }

    fn perform(&mut self, action: Action) {
        self.open();
        let now = self.now;
        if let Some(store) = &mut self.store {
            let _ = store.perform(action, now);
        }
    }
}

impl Stage {
    pub fn new(seed: u64) -> Self {
        let scratch = Scratch::new("faults-stage");
        let path = scratch.path().join(FILE);
        let mut dice = Dice::new(seed);
        let model = Model::new(&world::records(), world::setting(), &mut dice);
        let mut store = Store::open(&path, NOW).unwrap().0;
        store.enrol(day::identity(&model, day::OWN)).unwrap();
        for _ in 0..6 {
            let (operator, body) = world::draft(&mut dice, &store, NOW).unwrap();
            store.confirm(Draft { id: EventId(dice.uuid()), operator, at: NOW, body }).unwrap();
        }
        drop(store);
        let files = vec![(FILE.to_owned(), std::fs::read(&path).unwrap())];
        Self { files, model, seed }
    }

    /// The stretch: sign-in, scans, an acknowledgement, a snapshot, a purge, the end of the shift, and the next one.
    fn play(&self, work: &mut Work<'_>) {
        let mut model = self.model.clone();
        work.with(|store| store.keep_setting("language", "de"));
        for _ in 0..3 {
            work.confirm();
        }
        let push = work.store.as_ref().and_then(|store| store.push_request(0, 100, 1 << 20, NOW).ok());
        if let Some(push) = push.filter(|push| !push.events.is_empty())
            && let Ok(Reply::Pushed(reply)) = model.answer(day::OWN, &Request::Push(push), NOW)
        {
            work.perform(Action::ApplyPush(reply));
        }
        work.confirm();
        if let Ok(Reply::Snapshot(snapshot)) = model.answer(day::OWN, &Request::Snapshot, NOW) {
            work.perform(Action::ApplySnapshot(snapshot));
        }
        work.confirm();
        work.with(|store| store.purge(NOW).map(drop));
        work.store = None;
        work.confirm();
        work.confirm();
    }

    /// Plays it with a fault from one call on; how many calls there were.
    fn one(&self, from: u64, to: u64, fault: Fault, outcome: &mut Outcome) -> Result<u64, String> {
        let scratch = Scratch::new("faults");
        let path = scratch.path().join(FILE);
        disk::write_files(&self.files, scratch.path());
        let recorder = Recorder::over(&self.files);
        let faulty = Arc::new(Faulty { recorder, calls: AtomicU64::new(0), from, to, fault });
        let guard = vfs::watch(scratch.text(), Arc::clone(&faulty) as Arc<dyn Watch>);
        let (store, dice, said) = (None, Dice::new(self.seed ^ 0xFA), Said::default());
        let mut work = Work { path: &path, store, dice, now: NOW, said };
        let played = catch_unwind(AssertUnwindSafe(|| self.play(&mut work)));
        let calls = faulty.calls.load(Relaxed);
        if played.is_err() {
            std::mem::forget(work.store.take());
            return Err("it panics".to_owned());
        }
        // The disk works again, and so must the store.
        faulty.calls.store(u64::MAX / 2, Relaxed);
        // Whoever was told that it is not known asks again, in the same process: only this one counts.
        let in_doubt: Vec<EventId> =
            if work.store.is_some() { work.said.unsure.iter().copied().collect() } else { vec![] };
        if !work.confirm() && !work.confirm() {
            return Err(format!("it cannot be used although the disk can: {}", work.said.last_error));
        }
        let Work { store, mut said, .. } = work;
        if !said.reopened_in_doubt {
            said.refused.extend(in_doubt);
        }
        drop(guard);
        outcome.unknown += said.unsure.len() as u64;
        let now_on_disk = self.images(&faulty, &said);
        drop(store);
        for (loss, files) in now_on_disk {
            let after = Scratch::new("faults-after");
            disk::write_files(&files, after.path());
            outcome.kills += 1;
            self.judge(&after.path().join(FILE), &said, outcome).map_err(|why| format!("{loss:?}: {why}"))?;
        }
        self.judge(&path, &said, outcome).map_err(|why| format!("as it is: {why}"))?;
        Ok(calls)
    }

    /// The power fails at the end. What a salvage renames is not recorded.
    fn images(&self, faulty: &Faulty, said: &Said) -> Vec<(Loss, Files)> {
        if said.salvaged {
            return Vec::new();
        }
        let ops = faulty.recorder.take();
        let mut disk = Disk::over(&ops, &self.files);
        disk.advance(ops.len());
        let mut dice = Dice::new(self.seed ^ faulty.from);
        let losses = [Loss::Everything, Loss::Some, Loss::Nothing];
        losses.map(|loss| (loss, disk.image(loss, &mut dice).files)).into()
    }

    fn judge(&self, path: &Path, said: &Said, outcome: &mut Outcome) -> Result<(), String> {
        let (store, report) = Store::open(path, NOW).map_err(|error| format!("it does not open: {error}"))?;
        if let Some(salvage) = report.salvage {
            return Err(format!("it is damaged: {}", salvage.why));
        }
        for (id, bytes) in &said.saved {
            outcome.acked += 1;
            let found = store.event(*id).map_err(|error| error.to_string())?;
            if found.and_then(|event| event.encode().ok()).as_ref() != Some(bytes) {
                outcome.lost += 1;
                return Err(format!("{id} was called saved and is not there"));
            }
        }
        for id in &said.refused {
            if store.event(*id).map_err(|error| error.to_string())?.is_some() {
                outcome.dup += 1;
                return Err(format!("{id} was refused and is there: scanned again it counts twice"));
            }
        }
        let state = super::state::State::read(path).map_err(|error| error.to_string())?;
        state.check_chain()?;
        store.check().map_err(|error| error.to_string())
    }
}

/// Every call has each fault of each length, in turn.
fn combination(from: u64, pass: u64) -> (Fault, u64) {
    let number = ((from + pass) % 9) as usize;
    (FAULTS[number % 3], SPANS[number / 3])
}

fn search(stage: &Stage, plan: &Plan, calls: u64, limit: u64, hushed: bool) -> Outcome {
    let only = plan.only.filter(|_| !hushed).map(|(from, pass)| pass * calls + from);
    report::each_case(plan, limit, only, |case, mine: &mut Outcome| {
        let (pass, from) = (case / calls, case % calls);
        let (fault, span) = combination(from, pass);
        let fault = if hushed { Fault::Hushed } else { fault };
        let before = mine.lost + mine.dup;
        mine.cases += 1;
        if let Err(why) = stage.one(from, from + span, fault, mine) {
            mine.corrupt += u64::from(mine.lost + mine.dup == before);
            mine.tell(
                || format!("{fault:?} for {span} calls from call {from}: {why}"),
                || format!("./x soak faults --seed {} --only {from}.{pass}", plan.seed),
            );
        }
        ControlFlow::Continue(())
    })
}

pub fn run(plan: &Plan) -> Outcome {
    let stage = Stage::new(plan.seed);
    let calls = stage.one(u64::MAX - 1, u64::MAX, Fault::Refused, &mut Outcome::default()).unwrap();
    let limit = plan.cases.unwrap_or(CASES);
    let mut outcome = search(&stage, plan, calls, limit, false);
    let control = search(&stage, plan, calls, calls.min(CONTROL_CASES), true);
    if control.lost == 0 {
        outcome.corrupt += 1;
        outcome.story = Some("the control stays green: syncs that fail and say nothing".to_owned());
    }
    let found = control.story.unwrap_or_default();
    outcome.notes = format!(
        "a stretch of {calls} calls; control: {} events lost in {} cases; first: {found}",
        control.lost, control.cases
    );
    outcome
}
