//! Weeks at two sites, played from a seed in a second: real handhelds' files, the real server's database under two processes,
//! and a network, clocks, power supplies and people that cannot be relied on.
//!
//! What happens is a list of steps made before it begins. A run that fails is made shorter as long as it fails, and what is left is
//! told as a story. The invariants of DESIGN §6 are looked at after the steps; when everything is well again, all must be in step
//! within a minute.

mod check;
mod lie;
pub mod old;
mod server;
mod step;
mod story;

use crate::report::{self, Outcome};
use crate::{Plan, Scratch, memory};
use lie::Lie;
use std::ops::ControlFlow;
use std::panic::{AssertUnwindSafe, catch_unwind};
use step::{Kind, Step};
use story::Sim;

/// Runs of the short budget, and steps in each.
const CASES: u64 = 90;
const STEPS: usize = 260;
const CONTROL_CASES: u64 = 100;
const SHRINK_TRIES: u32 = 150;

/// Plays it; how it ended, and the story where one is told.
fn play(
    seed: u64,
    steps: &[Step],
    lie: Lie,
    tell: bool,
    mine: &mut Outcome,
) -> Result<(), (String, Vec<String>)> {
    let mut story = Vec::new();
    let played = catch_unwind(AssertUnwindSafe(|| {
        let mut sim = Sim::new(seed, lie);
        sim.story = tell.then(Vec::new);
        let ended = sim.play(steps);
        mine.acked += sim.beeped.len() as u64;
        mine.kills += [Kind::Crash, Kind::Restore, Kind::Restart, Kind::Upgrade]
            .map(|kind| sim.done.get(&kind).copied().unwrap_or(0))
            .iter()
            .sum::<u64>();
        mine.unknown += sim.gone.len() as u64;
        story = sim.story.take().unwrap_or_default();
        ended
    }));
    match played {
        Ok(ended) => ended.map_err(|why| (why, story)),
        Err(panic) => {
            let text = panic.downcast_ref::<String>().cloned();
            let text = text.or_else(|| panic.downcast_ref::<&str>().map(|text| (*text).to_owned()));
            Err((format!("panic: {}", text.unwrap_or_default()), story))
        }
    }
}

/// What kind of failure it is: its words without names and numbers.
fn class(why: &str) -> String {
    let words = why.split_whitespace().filter(|word| word.chars().all(|char| char.is_ascii_lowercase()));
    words.take(8).collect::<Vec<_>>().join(" ")
}

/// Makes a failing run shorter and tells it.
fn explain(seed: u64, lie: Lie) -> String {
    let why =
        |steps: &[Step]| play(seed, steps, lie, false, &mut Outcome::default()).err().map(|(why, _)| why);
    let all = step::steps(seed, STEPS);
    // Another failure is another story.
    let first = why(&all).map(|why| class(&why));
    let few = step::shrink(all, SHRINK_TRIES, |steps| why(steps).map(|why| class(&why)) == first);
    let told = play(seed, &few, lie, true, &mut Outcome::default());
    let (why, story) = told.err().unwrap_or_default();
    format!("{why}\n{} of {STEPS} steps are enough:\n  {}", few.len(), story.join("\n  "))
}

fn search(plan: &Plan, cases: u64, lie: Lie) -> Outcome {
    report::each_case(plan, cases, plan.only.map(|(_, case)| case), |case, mine: &mut Outcome| {
        let seed = plan.seed ^ (case << 32);
        mine.cases += 1;
        let Err((why, _)) = play(seed, &step::steps(seed, STEPS), lie, false, mine) else {
            return ControlFlow::Continue(());
        };
        *if why.contains("lost") { &mut mine.lost } else { &mut mine.corrupt } += 1;
        if lie != Lie::None {
            mine.story = Some(why);
            return ControlFlow::Break(());
        }
        eprintln!("sim: run {case}: {why}");
        mine.tell(
            || format!("run {case}: {}", explain(seed, lie)),
            || format!("./x soak sim --seed {} --only 0.{case}", plan.seed),
        );
        ControlFlow::Continue(())
    })
}

pub fn run(plan: &Plan) -> Outcome {
    let loud = std::panic::take_hook();
    std::panic::set_hook(Box::new(|_| {}));
    let mut outcome = search(plan, plan.cases.unwrap_or(CASES), Lie::None);
    if let Err(why) = memory::keeps_order(&Scratch::new("sim-order")) {
        outcome.corrupt += 1;
        outcome.story.get_or_insert(format!("the files in memory are none: {why}"));
    }
    let mut notes = format!("{} events are gone with an older backup, by choice", outcome.unknown);
    if plan.only.is_some() {
        return outcome;
    }
    for lie in Lie::ALL {
        let control = search(&Plan { only: None, ..plan.clone() }, CONTROL_CASES, lie);
        if !control.is_red() {
            outcome.corrupt += 1;
            outcome.story.get_or_insert(format!("the control stays green: {lie:?}"));
        }
        notes += &format!(
            "; control {lie:?}: red after {} runs: {}",
            control.cases,
            control.story.unwrap_or_default()
        );
    }
    std::panic::set_hook(loud);
    outcome.notes = notes;
    outcome
}
