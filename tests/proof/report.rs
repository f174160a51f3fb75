//! What a search finds: looked for on all threads, added up, and told in one line of JSON.

use super::Plan;
use std::ops::ControlFlow;
use std::sync::Mutex;
use std::sync::atomic::{AtomicU64, Ordering::Relaxed};
use std::time::Instant;

/// What the cases of a search add up to.
pub trait Tally: Default + Send {
    fn add(&mut self, other: Self);
}

/// Searches on all threads, each of which is told its number.
pub fn on_threads<T: Tally>(plan: &Plan, work: impl Fn(u64) -> T + Sync) -> T {
    let total = Mutex::new(T::default());
    std::thread::scope(|scope| {
        for thread in 0..plan.threads as u64 {
            let (total, work) = (&total, &work);
            scope.spawn(move || {
                let mine = work(thread);
                total.lock().unwrap().add(mine);
            });
        }
    });
    total.into_inner().unwrap()
}

/// Plays each case once, on the thread that is free, until one of them is enough; or only that one.
pub fn each_case<T: Tally>(
    plan: &Plan,
    cases: u64,
    only: Option<u64>,
    play: impl Fn(u64, &mut T) -> ControlFlow<()> + Sync,
) -> T {
    let (begin, end) = only.map_or((0, cases), |case| (case, case + 1));
    let next = AtomicU64::new(begin);
    on_threads(plan, |_| {
        let mut mine = T::default();
        loop {
            let case = next.fetch_add(1, Relaxed);
            if case >= end {
                return mine;
            }
            if play(case, &mut mine).is_break() {
                next.store(end, Relaxed);
            }
        }
    })
}

/// What a harness found.
#[derive(Debug, Default)]
pub struct Outcome {
    /// Different situations that were looked at.
    pub cases: u64,
    /// Of these, ends of a process or of the power.
    pub kills: u64,
    /// Acknowledged events that were looked for, summed over the cases.
    pub acked: u64,
    /// Of these, not found.
    pub lost: u64,
    /// Events found more than once.
    pub dup: u64,
    /// Cases that did not open, or whose content is no moment of the day.
    pub corrupt: u64,
    /// Cases in which nobody could say whether the event was saved.
    pub unknown: u64,
    /// What a person should read of the first finding.
    pub story: Option<String>,
    /// What to run to see it again.
    pub repro: Option<String>,
    /// Further numbers of this harness.
    pub notes: String,
}

impl Outcome {
    pub fn is_red(&self) -> bool {
        self.lost + self.dup + self.corrupt > 0
    }

    /// Keeps the first finding, and how to see it again.
    pub fn tell(&mut self, story: impl FnOnce() -> String, repro: impl FnOnce() -> String) {
        if self.story.is_none() {
            (self.story, self.repro) = (Some(story()), Some(repro()));
        }
    }

    pub fn print(&self, harness: &str, seed: u64, began: Instant) {
        let git = std::process::Command::new("git").args(["rev-parse", "--short", "HEAD"]).output();
        let git = git.map_or(String::new(), |out| String::from_utf8_lossy(&out.stdout).trim().to_owned());
        let all = format!("./x soak {harness} {} --seed {seed}", self.cases);
        let line = serde_json::json!({
            "harness": harness,
            "seed": seed,
            "git": git,
            "cases": self.cases,
            "kills": self.kills,
            "acked": self.acked,
            "lost": self.lost,
            "dup": self.dup,
            "corrupt": self.corrupt,
            "unknown": self.unknown,
            "secs": (began.elapsed().as_secs_f64() * 10.0).round() / 10.0,
            "repro": self.repro.as_ref().unwrap_or(&all),
        });
        println!("{line}");
        if !self.notes.is_empty() {
            eprintln!("{harness}: {}", self.notes);
        }
        if let Some(story) = &self.story {
            eprintln!("{harness}: {story}");
        }
    }
}

impl Tally for Outcome {
    fn add(&mut self, other: Self) {
        self.cases += other.cases;
        self.kills += other.kills;
        self.acked += other.acked;
        self.lost += other.lost;
        self.dup += other.dup;
        self.corrupt += other.corrupt;
        self.unknown += other.unknown;
        if self.story.is_none() {
            (self.story, self.repro) = (other.story, other.repro);
        }
        // What is said of a search is the same on each thread.
        if self.notes.is_empty() {
            self.notes = other.notes;
        }
    }
}
