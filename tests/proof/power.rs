//! The power fails at every call of a working day, and each image that a disk may hold is opened.

use super::day::{Day, Length, NOW, Witness};
use super::dice::Dice;
use super::disk::{self, Disk, Image, Lie, Loss, Op, Recorder};
use super::report::{self, Outcome};
use super::state::State;
use super::vfs;
use super::{Plan, Scratch};
use firstout::domain::Event;
use firstout::store::Store;
use std::collections::{BTreeMap, BTreeSet, HashSet};
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// Its last shift is long enough for SQLite's own checkpoint.
const DAY: Length = Length { rounds: 5, events: 12, last: 150 };
const FILE: &str = "store.db";
/// Images that each control looks at.
const CONTROL_IMAGES: u64 = 600;

/// The file's state after a step, and how many calls it took.
pub struct Milestone {
    pub ops: usize,
    what: &'static str,
    pub state: State,
}

/// Everything about a day that was recorded.
pub struct Tape {
    pub ops: Vec<Op>,
    pub milestones: Vec<Milestone>,
    /// After how many calls each confirm had returned, and what it had promised.
    pub acked: Vec<(usize, Event)>,
}

struct Scribe {
    recorder: Arc<Recorder>,
    path: PathBuf,
    milestones: Vec<Milestone>,
    acked: Vec<(usize, Event)>,
}

impl Witness for Scribe {
    fn step(&mut self, what: &'static str, store: Option<&Store>) {
        if store.is_some() {
            let ops = self.recorder.len();
            let state = State::read(&self.path).unwrap();
            state.check_chain().unwrap();
            self.milestones.push(Milestone { ops, what, state });
        }
    }

    fn acked(&mut self, event: &Event) {
        self.acked.push((self.recorder.len(), event.clone()));
    }
}

pub fn record(seed: u64, length: Length) -> Tape {
    let scratch = Scratch::new("power-day");
    let recorder = Arc::new(Recorder::default());
    let path = scratch.path().join(FILE);
    let guard = vfs::watch(scratch.text(), Arc::clone(&recorder) as Arc<dyn vfs::Watch>);
    let mut scribe =
        Scribe { recorder: Arc::clone(&recorder), path: path.clone(), milestones: vec![], acked: vec![] };
    let mut day = Day::new(&path, seed, &mut scribe);
    day.check_fold = true;
    day.play(length).unwrap();
    drop(day);
    drop(guard);
    let Scribe { milestones, acked, .. } = scribe;
    let tape = Tape { ops: recorder.take(), milestones, acked };
    tape.check();
    tape
}

impl Tape {
    /// What was acknowledged is in every state from then on, with its bytes, until it is purged.
    fn check(&self) {
        let purged: BTreeSet<&[u8]> = self
            .milestones
            .windows(2)
            .filter(|pair| pair[1].what == "purge")
            .flat_map(|pair| {
                let kept = pair[1].state.bytes_by_id();
                pair[0]
                    .state
                    .events
                    .iter()
                    .map(|row| row.id.as_slice())
                    .filter(move |id| !kept.contains_key(id))
            })
            .collect();
        assert!(!purged.is_empty(), "nothing was purged");
        for milestone in &self.milestones {
            let there = milestone.state.bytes_by_id();
            for (_, event) in self.acked.iter().filter(|(ops, _)| *ops <= milestone.ops) {
                let id: &[u8] = event.id.0.as_bytes();
                let bytes = event.encode().unwrap();
                match there.get(id) {
                    Some(found) => assert_eq!(found.as_bytes(), bytes),
                    None => assert!(purged.contains(id), "{} has lost {}", milestone.what, event.id),
                }
            }
        }
    }

    /// How many steps had ended before the cut.
    fn reached(&self, cut: usize) -> usize {
        self.milestones.partition_point(|milestone| milestone.ops <= cut)
    }

    /// The last state that was reached before the cut, and the one that was on its way.
    pub fn around(&self, cut: usize) -> (Option<&Milestone>, Option<&Milestone>) {
        let next = self.reached(cut);
        (next.checked_sub(1).map(|at| &self.milestones[at]), self.milestones.get(next))
    }

    pub fn tell(&self, cut: usize) -> String {
        let (before, after) = self.around(cut);
        let name = |one: Option<&Milestone>| one.map_or("nothing", |one| one.what);
        format!("cut at call {cut} of {}, after {} and before {}", self.ops.len(), name(before), name(after))
    }
}

/// One image's findings.
#[derive(Default)]
pub struct Finding {
    pub acked: u64,
    pub lost: u64,
    pub dup: u64,
    pub corrupt: Option<String>,
}

impl Finding {
    pub fn is_red(&self) -> bool {
        self.lost > 0 || self.dup > 0 || self.corrupt.is_some()
    }
}

pub fn look(tape: &Tape, cut: usize, path: &Path) -> Finding {
    let (before, after) = tape.around(cut);
    let mut finding = Finding::default();
    let opened = Store::open(path, NOW);
    let store = match &opened {
        Ok((store, report)) => {
            if let Some(salvage) = &report.salvage {
                finding.corrupt = Some(format!("it was salvaged: {}", salvage.why));
            }
            Some(store)
        }
        Err(error) => {
            finding.corrupt = Some(format!("it does not open: {error}"));
            None
        }
    };
    let state = store.and_then(|_| State::read(path).ok());
    let nothing = BTreeMap::new();
    let there = state.as_ref().map_or(nothing, State::bytes_by_id);
    if let Some(before) = before {
        // What both states have was acknowledged and is not being purged.
        let later = after.map(|after| after.state.bytes_by_id());
        for (id, bytes) in before.state.bytes_by_id() {
            if later.as_ref().is_none_or(|later| later.contains_key(id)) {
                finding.acked += 1;
                finding.lost += u64::from(there.get(id) != Some(&bytes));
            }
        }
    }
    let Some(state) = &state else { return finding };
    finding.dup = (state.events.len() - there.len()) as u64;
    if finding.corrupt.is_none() {
        finding.corrupt = judge(store.expect("it is open"), state, before, after).err();
    }
    finding
}

/// All that was done stands and nothing by halves: the file is the last state, or the one that was on its way.
fn judge(
    store: &Store,
    state: &State,
    before: Option<&Milestone>,
    after: Option<&Milestone>,
) -> Result<(), String> {
    store.check().map_err(|error| error.to_string())?;
    state.check_chain()?;
    let mut known = before.into_iter().chain(after);
    if known.any(|one| one.state == *state) {
        return Ok(());
    }
    let tables = before.or(after).map(|one| one.state.difference(state)).unwrap_or_default();
    Err(format!("it is no state of the day; other tables: {}", tables.join(", ")))
}

/// What several threads share.
struct Search<'a> {
    tape: &'a Tape,
    plan: &'a Plan,
    lie: Option<Lie>,
}

impl Search<'_> {
    /// Goes over every cut of this thread's steps, again and again, until there were enough images. Equal images with
    /// equal promises count once; they can only arise within one step.
    fn work(&self, thread: usize, limit: u64) -> Outcome {
        let mut mine = Outcome::default();
        let scratch = Scratch::new("power");
        let mut seen = HashSet::new();
        let passes_max = 40 * (1 + limit / self.tape.ops.len() as u64);
        for pass in 0..passes_max {
            let mut disk = Disk::new(&self.tape.ops, self.lie);
            for cut in 0..=self.tape.ops.len() {
                let promised = self.tape.reached(cut);
                if promised % self.plan.threads != thread {
                    continue;
                }
                if seen.len() as u64 >= limit / self.plan.threads as u64 {
                    return mine;
                }
                disk.advance(cut);
                let loss = loss(cut, pass);
                let image = disk.image(loss, &mut self.dice(cut, pass));
                if seen.insert((image.mark, promised)) {
                    self.one(&scratch, cut, pass, loss, &image, &mut mine);
                }
            }
        }
        mine
    }

    fn dice(&self, cut: usize, pass: u64) -> Dice {
        Dice::new(self.plan.seed ^ ((cut as u64) << 32) ^ (pass << 12))
    }

    fn one(&self, scratch: &Scratch, cut: usize, pass: u64, loss: Loss, image: &Image, mine: &mut Outcome) {
        let path = scratch.path().join(FILE);
        disk::write(image, scratch.path());
        let finding = look(self.tape, cut, &path);
        scratch.empty();
        mine.cases += 1;
        mine.kills += 1;
        mine.acked += finding.acked;
        if finding.is_red() {
            mine.lost += finding.lost;
            mine.dup += finding.dup;
            mine.corrupt += u64::from(finding.corrupt.is_some());
            let why = finding.corrupt.unwrap_or_else(|| format!("{} events lost", finding.lost));
            mine.tell(
                || format!("{}, {loss:?}: {why}", self.tape.tell(cut)),
                || format!("./x soak power --seed {} --only {cut}.{pass}", self.plan.seed),
            );
        }
    }

    /// Looks at one image again.
    fn again(&self, cut: usize, pass: u64) -> Outcome {
        let mut mine = Outcome::default();
        let scratch = Scratch::new("power");
        let mut disk = Disk::new(&self.tape.ops, self.lie);
        disk.advance(cut);
        let mut dice = self.dice(cut, pass);
        let loss = loss(cut, pass);
        let image = disk.image(loss, &mut dice);
        self.one(&scratch, cut, pass, loss, &image, &mut mine);
        mine
    }
}

/// Every way of losing comes at every cut, in turn.
fn loss(cut: usize, pass: u64) -> Loss {
    Loss::ALL[(cut + pass as usize) % Loss::ALL.len()]
}

fn search(tape: &Tape, plan: &Plan, lie: Option<Lie>, limit: u64) -> Outcome {
    let search = Search { tape, plan, lie };
    match plan.only.filter(|_| lie.is_none()) {
        Some((cut, pass)) => search.again(cut as usize, pass),
        None => report::on_threads(plan, |thread| search.work(thread as usize, limit)),
    }
}

pub fn run(plan: &Plan) -> Outcome {
    let tape = record(plan.seed, DAY);
    let mut outcome = search(&tape, plan, None, plan.cases.unwrap_or(12_000));
    let written = |op: &Op| matches!(op, Op::Write { .. });
    let synced = |op: &Op| matches!(op, Op::Sync { .. });
    outcome.notes = format!(
        "a day of {} steps and {} confirmed events, {} calls ({} writes, {} syncs)",
        tape.milestones.len(),
        tape.acked.len(),
        tape.ops.len(),
        tape.ops.iter().filter(|op| written(op)).count(),
        tape.ops.iter().filter(|op| synced(op)).count(),
    );
    for lie in [Lie::Log, Lie::Database] {
        let control = search(&tape, plan, Some(lie), CONTROL_IMAGES);
        if control.lost == 0 {
            outcome.corrupt += 1;
            outcome.story = Some(format!("the control stays green: syncs of the {lie:?} do nothing"));
        }
        let found = control.story.unwrap_or_default();
        outcome.notes += &format!(
            "\n  control: syncs of the {lie:?} do nothing: {} of {} acknowledged events lost in {} images; first: {found}",
            control.lost, control.acked, control.cases
        );
    }
    outcome
}
