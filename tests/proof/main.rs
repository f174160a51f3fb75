//! Proofs of "beeped means safe": `cargo test --all-features --test proof` plays each harness in its short budget,
//! `./x soak NAME [CASES] [--seed N]` for long.
//!
//! A target of its own, without libtest: the shim under SQLite is the default VFS of the whole process, some harnesses
//! start this program again and kill it, and a run takes arguments. Each harness prints one line of JSON, ends the process
//! with an error where anything was lost, doubled or altered, and carries a negative control: the same search over a
//! disk that does not keep its word must find something, or the harness fails.

#![allow(clippy::disallowed_methods, reason = "a run says how long it took")]

mod damage;
mod day;
mod disk;
mod faults;
mod kill;
mod limit;
mod memory;
mod network;
mod power;
mod real;
mod report;
mod restore;
mod sim;
mod state;
mod tamper;
mod vfs;

#[path = "../it/sync_sim/device.rs"]
#[allow(dead_code, reason = "the simulation uses all of it")]
mod device;
#[path = "../it/sync_sim/dice.rs"]
mod dice;
#[path = "../it/sync_sim/model.rs"]
#[allow(dead_code, reason = "the simulation uses all of it")]
mod model;
#[path = "../it/sync_sim/world.rs"]
#[allow(dead_code, reason = "the simulation uses all of it")]
mod world;

use report::Outcome;
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Instant;

/// How a harness is to run.
#[derive(Debug, Clone)]
pub struct Plan {
    pub seed: u64,
    /// How many cases; the harness' short budget where nothing is said.
    pub cases: Option<u64>,
    /// One case again: its place and its variant.
    pub only: Option<(u64, u64)>,
    pub threads: usize,
}

type Harness = (&'static str, fn(&Plan) -> Outcome);

const HARNESSES: &[Harness] = &[
    ("power", power::run),
    ("faults", faults::run),
    ("limit", limit::run),
    ("damage", damage::run),
    ("network", network::run),
    ("kill", kill::run),
    ("restore", restore::run),
    ("tamper", tamper::run),
    ("sim", sim::run),
];

fn main() -> ExitCode {
    if let Ok(part) = std::env::var(kill::VICTIM) {
        vfs::install();
        kill::victim(&part);
        return ExitCode::SUCCESS;
    }
    let mut plan = Plan { seed: 1, cases: None, only: None, threads: 2 };
    let mut wanted = Vec::new();
    let mut arguments = std::env::args().skip(1);
    while let Some(argument) = arguments.next() {
        let mut value = || arguments.next().unwrap_or_default();
        match argument.as_str() {
            "--seed" => plan.seed = value().parse().expect("a number"),
            "--cases" => plan.cases = value().parse().ok(),
            "--threads" => plan.threads = value().parse().expect("a number"),
            "--only" => {
                plan.only = value()
                    .split_once('.')
                    .map(|(at, how)| (at.parse().expect("a number"), how.parse().expect("a number")))
            }
            // What `cargo test` hands to every target.
            flag if flag.starts_with('-') => {}
            name => wanted.push(name.to_owned()),
        }
    }
    vfs::install();
    let mut green = true;
    for (name, run) in HARNESSES {
        if wanted.is_empty() || wanted.iter().any(|wanted| wanted == name) {
            let began = Instant::now();
            let outcome = run(&plan);
            outcome.print(name, plan.seed, began);
            green &= !outcome.is_red();
        }
    }
    if green { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}

/// A folder of this process, in memory where there is a place for it, that goes away.
pub struct Scratch(PathBuf);

impl Scratch {
    pub fn new(name: &str) -> Self {
        static NUMBER: AtomicU64 = AtomicU64::new(0);
        let memory = PathBuf::from("/dev/shm");
        let base = if memory.is_dir() { memory } else { std::env::temp_dir() };
        let number = NUMBER.fetch_add(1, Ordering::Relaxed);
        let path = base.join(format!("firstout-proof-{}-{name}-{number}", std::process::id()));
        std::fs::create_dir_all(&path).unwrap();
        Self(path)
    }

    pub fn path(&self) -> &Path {
        &self.0
    }

    pub fn text(&self) -> &str {
        self.0.to_str().expect("it is made of plain letters")
    }

    /// Takes every file out of it.
    pub fn empty(&self) {
        for entry in std::fs::read_dir(&self.0).unwrap() {
            std::fs::remove_file(entry.unwrap().path()).unwrap();
        }
    }
}

impl Drop for Scratch {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.0);
    }
}
