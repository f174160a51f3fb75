//! The shipped programs are killed: `firstout-server` and its commands, and `firstout`'s.
//!
//! A small library that is loaded before the system's own counts the calls that change a file, the program's and SQLite's, and
//! ends it right after one of them. It is made with the C compiler that SQLite is built with.

mod alone;
mod server;

use super::Part;
use crate::Scratch;
use crate::dice::Dice;
use crate::disk::{self, Files};
use crate::real::Ledger;
use crate::report::Outcome;
use crate::sim::old;
use firstout::domain::EventId;
use firstout::server::storage::sqlite;
use server::{Kill, Life};
use std::collections::BTreeSet;
use std::io::ErrorKind;
use std::os::unix::process::ExitStatusExt as _;
use std::path::{Path, PathBuf};
use std::process::{Command, ExitStatus, Stdio};

const SERVER: &str = env!("CARGO_BIN_EXE_firstout-server");
const HANDHELD: &str = env!("CARGO_BIN_EXE_firstout");
/// How many migrations older the files of every other server are.
const OLDER: usize = old::SERVER_UNDONE.len();
/// The commands that are started beside the server.
const BESIDE: usize = 3;

/// What all cases need, and how many calls each of them has.
pub struct Stage {
    library: PathBuf,
    /// A data folder that an older program left, and the events in it.
    old: (Files, BTreeSet<EventId>),
    /// A backup.
    copy: Vec<u8>,
    /// A handheld's file in the demo warehouse.
    filled: Files,
    /// Calls of a server's life from nothing on, and from the old folder on, and the answers in it.
    lives: [u64; 2],
    answers: u64,
    /// Calls of the commands beside the server, and of `restore`.
    commands: [u64; BESIDE + 1],
    /// Calls of the handheld's `sync` and `replay`.
    handheld: [u64; 2],
}

impl Drop for Stage {
    fn drop(&mut self) {
        let _ = std::fs::remove_file(&self.library);
    }
}

impl Stage {
    /// `None` where there is no C compiler.
    pub fn new(seed: u64) -> Option<Self> {
        let mut stage = Self {
            library: library()?,
            old: (vec![], BTreeSet::new()),
            copy: vec![],
            filled: vec![],
            lives: [0; 2],
            answers: 0,
            commands: [0; BESIDE + 1],
            handheld: [0; 2],
        };
        let home = Scratch::new("kill-stage");
        let data = home.path().join("data");
        std::fs::create_dir_all(&data).unwrap();
        let whole = |stage: &Self, seed| stage.life(&data, &mut Dice::new(seed), Kill::Nobody, false);
        let Life { calls, copy, ended, answers, .. } = whole(&stage, seed);
        ended.expect("a life without a kill comes to its end");
        stage.answers = answers;
        stage.copy = std::fs::read(copy.unwrap()).unwrap();
        stage.lives[0] = calls[0];
        stage.commands[..BESIDE].copy_from_slice(&calls[1..]);
        let file = data.join(sqlite::FILE);
        old::age(&file, OLDER);
        stage.old = (disk::read_files(&data), Ledger::open(&file).ids());
        let Life { calls, ended, .. } = whole(&stage, !seed);
        ended.expect("an upgrade without a kill comes to its end");
        stage.lives[1] = calls[0];
        stage.commands[BESIDE] = alone::measure_restore(&stage);
        stage.filled = alone::filled(&stage);
        stage.handheld = [alone::measure_sync(&stage, seed), alone::measure_replay(&stage)];
        Some(stage)
    }

    /// How many calls there are to be killed at.
    pub fn tell(&self) -> String {
        format!(
            "the shipped server: {} calls from nothing, {} from an older program's files, its commands {:?}, the handheld's {:?}",
            self.lives[0], self.lives[1], self.commands, self.handheld
        )
    }

    /// A program over the library: to be killed after so many calls, or counted.
    fn program(&self, program: &str, calls: &Path, last: Option<usize>) -> Command {
        let mut command = Command::new(program);
        command
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .env("FIRSTOUT_LOG", "error");
        command.env("LD_PRELOAD", &self.library).env("FIRSTOUT_KILL_COUNT", calls);
        if let Some(last) = last {
            command.env("FIRSTOUT_KILL_AFTER", last.to_string());
        }
        command
    }

    /// The server's program on a data folder.
    fn server(&self, data: &Path, arguments: &[&str], last: Option<usize>) -> Command {
        let mut command = self.program(SERVER, &counter(data), last);
        command.arg("--data").arg(data).args(arguments);
        command
    }
}

/// Whether it was ended by the library, or from outside.
fn is_killed(status: ExitStatus) -> bool {
    status.signal() == Some(9)
}

/// Where a program that works on it writes how many calls it made.
fn counter(data: &Path) -> PathBuf {
    data.with_extension("calls")
}

/// How many calls the program that ended last has made.
fn counted(data: &Path) -> u64 {
    let text = std::fs::read_to_string(counter(data));
    text.expect("the program is linked dynamically").trim().parse().unwrap()
}

fn library() -> Option<PathBuf> {
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR"));
    std::fs::create_dir_all(folder).unwrap();
    let name = format!("firstout-kill-{}", std::process::id());
    let (source, library) = (folder.join(format!("{name}.c")), folder.join(format!("{name}.so")));
    std::fs::write(&source, include_str!("preload.c")).unwrap();
    let mut compiler = Command::new(std::env::var_os("CC").unwrap_or_else(|| "cc".into()));
    compiler.args(["-shared", "-fPIC", "-O1", "-o"]).args([&library, &source]).arg("-ldl");
    let made = compiler.status();
    std::fs::remove_file(source).unwrap();
    match made {
        Err(error) if error.kind() == ErrorKind::NotFound => None,
        made => {
            assert!(made.unwrap().success(), "the library under the programs cannot be made");
            Some(library)
        }
    }
}

/// Part 5 kills the server at calls, part 6 at any moment, part 7 its commands at calls, part 8 the handheld's.
pub fn play(part: &Part<'_>, stage: &Stage, hasty: bool, mine: &mut Outcome) {
    let all = match part.number {
        5 => stage.lives.iter().sum(),
        6 => 2 * stage.answers,
        7 => stage.commands.iter().sum(),
        _ => stage.handheld.iter().sum(),
    };
    let seed = part.plan.seed;
    for place in part.places(all) {
        let (what, found) = match part.number {
            5 | 6 => {
                let (kill, upgrade) = server_at(part.number, stage, place);
                let from = if upgrade { "an older program's files" } else { "nothing" };
                let found = server::one(stage, seed, kill, upgrade, hasty, mine);
                (format!("the server on {from}, {kill:?}"), found)
            }
            7 => match at(&stage.commands, place) {
                (BESIDE, last) => (format!("restore, call {last}"), alone::restore(stage, last, mine)),
                (number, last) => {
                    let kill = Kill::Command(number, last);
                    (format!("{kill:?}"), server::one(stage, seed, kill, false, hasty, mine))
                }
            },
            _ => match at(&stage.handheld, place) {
                (0, last) => (format!("sync, call {last}"), alone::sync(stage, seed, last, mine)),
                (_, last) => (format!("replay, call {last}"), alone::replay(stage, last, mine)),
            },
        };
        mine.cases += 1;
        if let Err(why) = found {
            part.found(mine, place, &format!("the shipped program: {what}: {why}"));
        }
    }
}

fn server_at(part: u64, stage: &Stage, place: u64) -> (Kill, bool) {
    if part == 6 {
        return (Kill::AtAnswer(place / 2), place % 2 == 1);
    }
    let (which, last) = at(&stage.lives, place);
    (Kill::AtCall(last), which == 1)
}

/// Whose call the one at this place is, and which of its calls, from 1 on.
fn at(calls: &[u64], mut place: u64) -> (usize, usize) {
    for (number, calls) in calls.iter().enumerate() {
        match place.checked_sub(*calls) {
            Some(left) => place = left,
            None => return (number, place as usize + 1),
        }
    }
    (0, 1)
}
