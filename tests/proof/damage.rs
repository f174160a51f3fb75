//! Damage to the files of a device that lay still: one page, one bit, a cut, a lost or foreign log, another file.
//!
//! Each mutation is found where it matters, the file set is moved aside, what can be read is carried over, and what is
//! lost is told by numbers. The damaged file is compared with what was there before, event by event.

use super::day::{self, NOW};
use super::dice::Dice;
use super::disk::{self, Files};
use super::model::Model;
use super::report::{self, Outcome};
use super::state::State;
use super::{Plan, Scratch, world};
use firstout::domain::EventId;
use firstout::store::{Draft, Healed, Salvage, Store, StoreError, count};
use std::collections::BTreeMap;
use std::ops::ControlFlow;
use std::path::Path;

const FILE: &str = "store.db";
const LOG: &str = "store.db-wal";
const PAGE: usize = 4096;
const EVENTS: usize = 1_200;
/// Of the short run.
const CASES: u64 = 1_000;
const CONTROL_CASES: u64 = 40;
/// Of the events, after one bad page.
const RECOVERED_MIN: f64 = 0.99;
/// Of the events whose bytes are whole, after a cut.
const INTACT_MIN: f64 = 0.95;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Mutation {
    Bit,
    Zeros,
    Garbage,
    Cut,
    LogGone,
    LogCut,
    LogOfAnother,
    FileOfAnother,
}

const MUTATIONS: [Mutation; 8] = [
    Mutation::Bit,
    Mutation::Zeros,
    Mutation::Garbage,
    Mutation::Cut,
    Mutation::LogGone,
    Mutation::LogCut,
    Mutation::LogOfAnother,
    Mutation::FileOfAnother,
];

/// A device's files as they lay, and what they said.
struct Sample {
    files: Files,
    state: State,
}

/// The devices of the search: one that was switched off in order, one whose battery was pulled, and a stranger's.
struct Samples {
    clean: Sample,
    pulled: Sample,
    stranger: Files,
}

fn read_files(folder: &Path) -> Files {
    let names = [FILE, LOG].into_iter().filter(|name| folder.join(name).exists());
    names.map(|name| (name.to_owned(), std::fs::read(folder.join(name)).unwrap())).collect()
}

fn sample(seed: u64, clean: bool) -> Sample {
    let scratch = Scratch::new("damage-sample");
    let path = scratch.path().join(FILE);
    let mut dice = Dice::new(seed);
    let model = Model::new(&world::records(), world::setting(), &mut dice);
    let mut store = Store::open(&path, NOW).unwrap().0;
    store.enrol(day::identity(&model, day::OWN)).unwrap();
    for number in 0..EVENTS {
        let (operator, body) = world::draft(&mut dice, &store, NOW).unwrap();
        let at = NOW.plus_ms(number as i64);
        store.confirm(Draft { id: EventId(dice.uuid()), operator, at, body }).unwrap();
    }
    let state = State::read(&path).unwrap();
    if clean {
        drop(store);
    }
    Sample { files: read_files(scratch.path()), state }
}

/// What a mutation did.
struct Mutated {
    files: Files,
    /// Bytes of events that still stand somewhere in the files, whole.
    intact: usize,
}

fn mutate(samples: &Samples, mutation: Mutation, dice: &mut Dice) -> (Mutated, bool) {
    let needs_log = matches!(mutation, Mutation::LogGone | Mutation::LogCut | Mutation::LogOfAnother);
    let pulled = needs_log || dice.percent(30);
    let sample = if pulled { &samples.pulled } else { &samples.clean };
    let mut files = sample.files.clone();
    let main = &mut files[0].1;
    let page = dice.below((main.len() / PAGE) as u64) as usize * PAGE;
    match mutation {
        Mutation::Bit => {
            let at = dice.below(main.len() as u64) as usize;
            main[at] ^= 1 << dice.below(8);
        }
        Mutation::Zeros => main[page..page + PAGE].fill(0),
        Mutation::Garbage => main[page..page + PAGE].iter_mut().for_each(|byte| *byte = dice.roll() as u8),
        Mutation::Cut => {
            let to = dice.below(main.len() as u64) as usize;
            main.truncate(to);
        }
        Mutation::LogGone => drop(files.pop()),
        Mutation::LogCut => {
            let to = dice.below(files[1].1.len() as u64) as usize;
            files[1].1.truncate(to);
        }
        Mutation::LogOfAnother => files[1].1.clone_from(&samples.stranger[1].1),
        Mutation::FileOfAnother => *main = b"SQLite format 3\0 of somebody else".repeat(300),
    }
    let intact = if mutation == Mutation::Cut { count_whole(&files, &sample.state) } else { 0 };
    (Mutated { files, intact }, pulled)
}

/// What the search counts.
#[derive(Default)]
struct Tally {
    outcome: Outcome,
    /// Events recovered and all events, after one bad page; the same after a cut.
    page: (u64, u64),
    cut: (u64, u64),
    /// Cases: found at the start, found by the check beside the work, without any effect, an earlier state.
    at_start: u64,
    by_check: u64,
    harmless: u64,
    earlier: u64,
    carried_over: u64,
    told: u64,
}

/// Opens damaged files as the app does: at the start, and by the check beside the work.
fn open(path: &Path) -> Result<(Store, Option<Salvage>, bool), StoreError> {
    let (mut store, report) = Store::open(path, NOW)?;
    if let Some(salvage) = report.salvage {
        return Ok((store, Some(salvage), true));
    }
    if store.check().is_ok() && !store.is_suspect() {
        return Ok((store, None, true));
    }
    store.suspect();
    match store.heal(NOW.plus_ms(1))? {
        Healed::Salvaged(salvage) => Ok((store, Some(salvage), false)),
        Healed::Refetch => Ok((store, None, false)),
    }
}

fn one(samples: &Samples, mutation: Mutation, mut dice: Dice, tally: &mut Tally) -> Result<(), String> {
    let (Mutated { files, intact }, pulled) = mutate(samples, mutation, &mut dice);
    let before = if pulled { &samples.pulled.state } else { &samples.clean.state };
    let scratch = Scratch::new("damage");
    let path = scratch.path().join(FILE);
    disk::write_files(&files, scratch.path());
    let (store, salvage, at_start) = match open(&path) {
        Ok(opened) => opened,
        // Left untouched, with a clear message.
        Err(StoreError::Foreign | StoreError::NewerSchema { .. }) => {
            tally.at_start += 1;
            return Ok(());
        }
        Err(error) => return Err(format!("it does not open: {error}")),
    };
    let after = State::read(&path).map_err(|error| error.to_string())?;
    store.check().map_err(|error| format!("what was salvaged is damaged: {error}"))?;
    after.check_chain()?;
    let known: BTreeMap<&[u8], &str> = before.bytes_by_id();
    let (mut there, mut foreign) = (0, 0);
    for (id, bytes) in after.bytes_by_id() {
        match known.get(id) {
            Some(found) if *found == bytes => there += 1,
            Some(_) => return Err("an event was altered, and nobody noticed".to_owned()),
            None => foreign += 1,
        }
    }
    if foreign > 0 && mutation != Mutation::LogOfAnother {
        return Err(format!("{foreign} events came from nowhere"));
    }
    let all = before.events.len() as u64;
    tally.outcome.acked += all;
    let missing = all - there;
    match &salvage {
        None if missing == 0 => tally.harmless += 1,
        // A log that is gone or cut leaves an earlier state, which the file cannot tell from the newest.
        None if matches!(mutation, Mutation::LogGone | Mutation::LogCut) => tally.earlier += 1,
        None => return Err(format!("{missing} events are missing, and nobody noticed")),
        Some(salvage) => {
            *(if at_start { &mut tally.at_start } else { &mut tally.by_check }) += 1;
            tally.carried_over += u64::from(salvage.identity);
            if !salvage.moved_to.exists() {
                return Err("the damaged file is gone".to_owned());
            }
            // What is missing is told by numbers; the newest may be missing without a trace.
            let told = salvage.identity && count(&salvage.lost) == missing;
            *(if told { &mut tally.told } else { &mut tally.outcome.unknown }) += 1;
        }
    }
    match mutation {
        Mutation::Bit | Mutation::Zeros | Mutation::Garbage => {
            tally.page = (tally.page.0 + there, tally.page.1 + all);
            if (there as f64) < all as f64 * RECOVERED_MIN {
                tally.outcome.lost += missing;
                return Err(format!("only {there} of {all} events after one bad page"));
            }
        }
        Mutation::Cut => {
            tally.cut = (tally.cut.0 + there, tally.cut.1 + intact as u64);
            if (there as f64) < intact as f64 * INTACT_MIN {
                tally.outcome.lost += intact as u64 - there;
                return Err(format!("only {there} events of {intact} whose bytes are whole"));
            }
        }
        _ => {}
    }
    Ok(())
}

pub fn run(plan: &Plan) -> Outcome {
    let (clean, pulled) = (sample(plan.seed, true), sample(plan.seed, false));
    let samples = Samples { clean, pulled, stranger: sample(plan.seed ^ 0xABC, false).files };
    let play = |case: u64, mine: &mut Tally| {
        let mutation = MUTATIONS[case as usize % MUTATIONS.len()];
        let lost = mine.outcome.lost;
        mine.outcome.cases += 1;
        if let Err(why) = one(&samples, mutation, Dice::new(plan.seed ^ (case << 20)), mine) {
            mine.outcome.corrupt += u64::from(mine.outcome.lost == lost);
            eprintln!("case {case}, {mutation:?}: {why}");
            mine.outcome.tell(
                || format!("case {case}, {mutation:?}: {why}"),
                || format!("./x soak damage --seed {} --only {case}.0", plan.seed),
            );
        }
        ControlFlow::Continue(())
    };
    let cases = plan.cases.unwrap_or(CASES);
    let mut tally = report::each_case(plan, cases, plan.only.map(|(case, _)| case), play);
    tally.outcome.notes = tally.tell();
    let missed = if plan.only.is_some() { 1 } else { control(&samples) };
    if missed == 0 {
        tally.outcome.corrupt += 1;
        tally.outcome.story = Some("the control stays green: files that nobody checks".to_owned());
    }
    tally.outcome.notes +=
        &format!("\n  control: SQLite alone sees nothing in {missed} of {CONTROL_CASES} altered files");
    tally.outcome
}

/// Events altered in place, in files that are opened with SQLite and not with the store: nothing is seen.
fn control(samples: &Samples) -> u64 {
    let missed = |case: u64| {
        let mut files = samples.clean.files.clone();
        let row = &samples.clean.state.events[case as usize * 7];
        let at = files[0].1.windows(row.bytes.len()).position(|window| window == row.bytes.as_bytes());
        let Some(at) = at else { return false };
        let digit = row.bytes.find("\"at\":").map_or(0, |found| found + 6);
        files[0].1[at + digit] ^= 1;
        let scratch = Scratch::new("damage-control");
        disk::write_files(&files, scratch.path());
        State::read(&scratch.path().join(FILE)).is_ok_and(|state| {
            state.bytes_by_id().get(row.id.as_slice()) != Some(&row.bytes.as_str())
                && state.check_chain().is_err()
        })
    };
    (0..CONTROL_CASES).filter(|case| missed(*case)).count() as u64
}

impl report::Tally for Tally {
    fn add(&mut self, other: Self) {
        self.outcome.add(other.outcome);
        self.page = (self.page.0 + other.page.0, self.page.1 + other.page.1);
        self.cut = (self.cut.0 + other.cut.0, self.cut.1 + other.cut.1);
        self.at_start += other.at_start;
        self.by_check += other.by_check;
        self.harmless += other.harmless;
        self.earlier += other.earlier;
        self.carried_over += other.carried_over;
        self.told += other.told;
    }
}

impl Tally {
    fn tell(&self) -> String {
        let part = |(there, all): (u64, u64)| there as f64 * 100.0 / all.max(1) as f64;
        format!(
            "found at the start {}, by the check beside the work {}, without effect {}, an earlier state {}; \
             identity kept {}, losses told exactly {}; {:.3} % of the events after one bad page, {:.2} % of the whole ones after a cut",
            self.at_start,
            self.by_check,
            self.harmless,
            self.earlier,
            self.carried_over,
            self.told,
            part(self.page),
            part(self.cut)
        )
    }
}

/// Events whose bytes stand whole somewhere in the files.
fn count_whole(files: &Files, state: &State) -> usize {
    let mut begins: Vec<&[u8]> = Vec::new();
    for (_, file) in files {
        let mut rest = file.as_slice();
        // Every event begins in the same way.
        while let Some(at) = rest.iter().position(|byte| *byte == b'{') {
            rest = &rest[at..];
            if rest.starts_with(b"{\"v\":") {
                begins.push(rest);
            }
            rest = &rest[1..];
        }
    }
    let whole = |row: &&super::state::Row| begins.iter().any(|begin| begin.starts_with(row.bytes.as_bytes()));
    state.events.iter().filter(whole).count()
}
