//! SIGKILL at every write and sync, and at any moment: of the handheld's core and of the server.
//!
//! This program starts itself again as the one that is killed. The shim under SQLite counts the calls that change a
//! file and ends the process right after call `n`, so that a case can be played again; other cases kill it from outside
//! once it has said so many things. What it said over its pipe before it died is held against what is there afterwards.

mod handheld;
mod server;
mod shipped;

use super::Plan;
use super::disk::Recorder;
use super::report::{self, Outcome};
use super::vfs::{self, Call, Watch};
use shipped::Stage;
use std::ffi::c_int;
use std::io::{BufRead as _, BufReader};
use std::os::unix::process::ExitStatusExt as _;
use std::process::{Child, Command, Stdio};
use std::sync::OnceLock;

/// What the process is that is to be killed: its part and that part's arguments.
pub const VICTIM: &str = "FIRSTOUT_PROOF_VICTIM";
/// Processes of the short run.
const CASES: u64 = 900;
/// Of a hundred: a handheld at a call, a handheld at any moment, a migration, a server at a call, a server at any moment; and of
/// the shipped programs the server at a call, at any moment, its commands at a call, and the handheld's.
const SHARES: [u64; 9] = [46, 15, 6, 10, 6, 7, 3, 3, 4];
const CONTROL_CASES: u64 = 24;

/// Ends the process right after the call that is the last one.
struct Killer {
    recorder: Recorder,
    last: usize,
}

impl Killer {
    fn after(last: usize) -> Self {
        Self { recorder: Recorder::default(), last }
    }
}

impl Watch for Killer {
    fn call(&self, file: &str, call: Call<'_>, go: &mut dyn FnMut() -> c_int) -> c_int {
        let code = self.recorder.call(file, call, go);
        if self.recorder.len() >= self.last {
            vfs::die();
        }
        code
    }
}

/// Where a victim is killed.
#[derive(Debug, Clone, Copy)]
enum Moment {
    /// After so many calls.
    Call(usize),
    /// From outside, once it has said so many lines.
    Line(u64),
}

impl Moment {
    fn call(self) -> usize {
        match self {
            Self::Call(call) => call,
            Self::Line(_) => usize::MAX,
        }
    }
}

/// This program again, as a victim.
fn spawn(arguments: &str) -> Child {
    let mut command = Command::new(std::env::current_exe().unwrap());
    command.env(VICTIM, arguments).stdin(Stdio::piped()).stdout(Stdio::piped());
    command.spawn().unwrap()
}

/// What a victim said until it was gone; an error where it ended in another way than by the signal.
fn last_words(mut child: Child, moment: Moment) -> Result<Vec<String>, String> {
    let mut lines = Vec::new();
    let mut reader = BufReader::new(child.stdout.take().unwrap());
    loop {
        if matches!(moment, Moment::Line(line) if line == lines.len() as u64) {
            let _ = child.kill();
        }
        let mut line = String::new();
        // A line that is cut off was not said.
        if reader.read_line(&mut line).unwrap() == 0 || !line.ends_with('\n') {
            break;
        }
        lines.push(line.trim_end().to_owned());
    }
    let status = child.wait().unwrap();
    match (status.signal(), status.success()) {
        (Some(9), _) | (None, true) => Ok(lines),
        _ => Err(format!("it ended by itself: {status}, after {:?}", lines.last())),
    }
}

/// Plays the part of a victim.
pub fn victim(arguments: &str) {
    let words: Vec<&str> = arguments.splitn(4, ' ').collect();
    let [part, seed, last, rest] = words[..] else { panic!("{arguments}") };
    let (seed, last) = (seed.parse().unwrap(), last.parse().unwrap());
    match part {
        "handheld" => handheld::live(seed, last, rest, false),
        "hasty" => handheld::live(seed, last, rest, true),
        "migrate" => handheld::migrate(last, rest),
        "limit" => crate::limit::live(seed, rest),
        _ => server::live(last, rest),
    }
}

/// Made once; nothing where there is no C compiler, so that the shipped programs cannot be killed at a call.
type Shipped = OnceLock<Option<Stage>>;

/// A part of the search.
struct Part<'a> {
    plan: &'a Plan,
    thread: u64,
    number: u64,
    cases: u64,
}

impl Part<'_> {
    /// So many of `all` cases, spread evenly from a place by the seed.
    fn places(&self, all: u64) -> Vec<u64> {
        let cases = self.cases.min(all).max(1);
        let wanted = |place: &u64| self.plan.only.is_none_or(|only| only == (self.number, *place));
        let shift = self.plan.seed % (all / cases).max(1);
        let spread = (0..cases).map(|case| (case * all / cases + shift) % all);
        let all: Vec<u64> = if self.plan.only.is_some() { (0..all).collect() } else { spread.collect() };
        let mine = (0..).zip(all).filter(|(at, _)| at % self.plan.threads as u64 == self.thread);
        mine.map(|(_, place)| place).filter(wanted).collect()
    }

    fn found(&self, mine: &mut Outcome, place: u64, why: &str) {
        mine.corrupt += 1;
        mine.tell(
            || why.to_owned(),
            || format!("./x soak kill --seed {} --only {}.{place}", self.plan.seed, self.number),
        );
    }
}

/// All parts, or that one of the control.
fn search(plan: &Plan, cases: u64, control: Option<u64>, stage: &Shipped) -> Outcome {
    let tape = handheld::record(plan.seed);
    let mut total: Outcome = report::on_threads(plan, |thread| {
        let mut mine = Outcome::default();
        for number in 0..SHARES.len() as u64 {
            let share = control.map_or(cases * SHARES[number as usize] / 100, |_| cases);
            let part = Part { plan, thread, number, cases: share };
            let only = plan.only.map(|only| only.0).or(control);
            if only.is_some_and(|only| only != number) {
                continue;
            }
            let hasty = control.is_some();
            match number {
                0 | 1 => handheld::play(&part, &tape, hasty, &mut mine),
                2 => handheld::play_migrations(&part, &mut mine),
                5.. => {
                    if let Some(stage) = stage.get_or_init(|| Stage::new(plan.seed)) {
                        shipped::play(&part, stage, hasty, &mut mine);
                    }
                }
                _ => server::play(&part, hasty, &mut mine),
            }
        }
        mine
    });
    total.notes = format!("a day of {} calls and {} steps", tape.ops.len(), tape.milestones.len());
    total
}

pub fn run(plan: &Plan) -> Outcome {
    let stage = Shipped::new();
    let mut outcome = search(plan, plan.cases.unwrap_or(CASES), None, &stage);
    let one = Plan { only: None, cases: None, ..plan.clone() };
    let controls = [
        (0, "a beep before the commit"),
        (3, "an acknowledgement before the answer"),
        (5, "the same of the shipped server"),
    ];
    outcome.notes += "; ";
    match stage.get() {
        Some(Some(stage)) => outcome.notes += &stage.tell(),
        Some(None) => outcome.notes += "THE SHIPPED PROGRAMS WERE NOT KILLED: there is no C compiler `cc`",
        None => {}
    }
    for (part, what) in controls {
        if part == 5 && matches!(stage.get(), Some(None)) {
            continue;
        }
        let control = search(&one, CONTROL_CASES, Some(part), &stage);
        if control.lost == 0 {
            outcome.corrupt += 1;
            outcome.story = Some(format!("the control stays green: {what}"));
        }
        let first = control.story.unwrap_or_default();
        outcome.notes +=
            &format!("; control, {what}: {} events lost in {} cases: {first}", control.lost, control.cases);
    }
    outcome
}
