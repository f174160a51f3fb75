//! The shipped server migrates, enrols, takes pushes, gives pages and snapshots and signs people in, and beside it its commands
//! make codes, checkpoints and backups.

use super::super::server::{BADGE, Noting, PIN, now, sign_in};
use super::{Stage, counted, is_killed};
use crate::Scratch;
use crate::dice::Dice;
use crate::disk;
use crate::model::SITE;
use crate::real::{Handheld, Ledger};
use crate::report::Outcome;
use crate::world;
use firstout::domain::Role;
use firstout::server::people::{NewUser, add};
use firstout::server::storage::{Place, Storage, sqlite};
use firstout::server::system_clock;
use firstout::sync::driver::sync_once;
use firstout::sync::engine::Activity;
use firstout::sync::wire::Invitation;
use std::collections::BTreeSet;
use std::io::{BufRead as _, BufReader};
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdout, Command, ExitStatus, Stdio};

const ROUNDS: u64 = 5;
pub const ENROL: [&str; 6] = ["enrol", "--plain", "--site", "1", "--name", "HH"];

/// Who is killed.
#[derive(Debug, Clone, Copy)]
pub enum Kill {
    /// The server, right after so many calls.
    AtCall(usize),
    /// The server, from outside, once it has answered so many times.
    AtAnswer(u64),
    /// The first, second or third command beside it, after so many calls.
    Command(usize, usize),
    Nobody,
}

/// Why a life did not come to its end.
#[derive(Debug)]
pub enum End {
    /// The server is gone, or does not answer.
    Gone,
    /// A command does not do what it should.
    Failed(String),
}

/// What came of a life.
pub struct Life {
    pub handheld: Option<Handheld>,
    pub acked: u64,
    /// Calls of the server, where it came to its end, and of the commands beside it.
    pub calls: Vec<u64>,
    /// How many answers there were.
    pub answers: u64,
    /// Signed before the end.
    pub checkpoint: Option<PathBuf>,
    pub copy: Option<PathBuf>,
    pub killed: bool,
    pub ended: Result<(), End>,
}

impl Stage {
    pub(super) fn life(&self, data: &Path, dice: &mut Dice, kill: Kill, hasty: bool) -> Life {
        let mut running = Running::start(self, data, kill);
        let mut life = Life {
            handheld: None,
            acked: 0,
            calls: vec![0],
            answers: 0,
            checkpoint: None,
            copy: None,
            killed: false,
            ended: Ok(()),
        };
        life.ended = self.work(data, &mut running, dice, (kill, hasty), &mut life);
        life.answers = running.answers;
        let status = running.stop();
        life.killed |= is_killed(status);
        if status.success() {
            life.calls[0] = counted(data);
        } else if !is_killed(status) {
            life.ended = Err(End::Failed(format!("the server ends by itself: {status}")));
        }
        life
    }

    fn work(
        &self,
        data: &Path,
        running: &mut Running,
        dice: &mut Dice,
        (kill, hasty): (Kill, bool),
        life: &mut Life,
    ) -> Result<(), End> {
        let addr = running.addr.ok_or(End::Gone)?;
        prepare(data);
        let mut beside = |number, arguments: &[&str]| {
            if let Kill::Command(which, last) = kill
                && which == number
            {
                life.killed = is_killed(self.server(data, arguments, Some(last)).status().unwrap());
            }
            let said = self.done(data, arguments).map_err(End::Failed)?;
            life.calls.push(counted(data));
            Ok(said)
        };
        let token = token(&beside(0, &ENROL)?);
        running.tick();
        let handheld = life.handheld.insert(Handheld::enrolled(addr, &token, dice).ok_or(End::Gone)?);
        for round in 0..ROUNDS {
            for _ in 0..=dice.below(3) {
                handheld.confirm(dice, now());
            }
            let net = handheld.transport(&format!("http://{addr}"), "", system_clock());
            let mut net = Noting { net, tick: || running.tick(), acked: &mut life.acked, hasty };
            let report = sync_once(&mut handheld.store, &mut net, now);
            if !matches!(report.activity, Activity::InStep(_)) {
                return Err(End::Gone);
            }
            running.tick();
            match round {
                1 => sign_in(addr).ok_or(End::Gone)?,
                2 => {
                    let file = life.checkpoint.insert(data.with_extension("checkpoint"));
                    beside(1, &["checkpoint", "--site", "1", "--out", text(file)])?;
                }
                3 => {
                    let file = life.copy.insert(data.with_extension("copy"));
                    beside(2, &["backup", text(file)])?;
                }
                _ => {}
            }
        }
        Ok(())
    }

    /// A command, to its end; what it said.
    pub(super) fn done(&self, data: &Path, arguments: &[&str]) -> Result<String, String> {
        let out = self.server(data, arguments, None).stderr(Stdio::piped()).output().unwrap();
        let said = String::from_utf8(out.stdout).unwrap();
        let complained = String::from_utf8_lossy(&out.stderr);
        let words = || format!("{arguments:?}: {}: {said}{complained}", out.status);
        if out.status.success() { Ok(said.clone()) } else { Err(words()) }
    }
}

pub fn text(path: &Path) -> &str {
    path.to_str().expect("it is made of plain letters")
}

fn token(code: &str) -> String {
    Invitation::parse(code).expect("it is a code").token
}

/// The warehouse and a person, put into the database beside the server.
fn prepare(data: &Path) {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    runtime.block_on(async {
        let storage = Storage::open(&Place::Sqlite(data.join(sqlite::FILE)), data).await.unwrap();
        storage.append_master(SITE, world::records()).await.unwrap();
        let (name, badge, pin) = ("Sue".to_owned(), BADGE.to_owned(), Some(PIN.to_owned()));
        let new = NewUser { name, badge, role: Role::Supervisor, language: String::new(), pin };
        // A folder that was used before has her.
        let _ = add(&storage, SITE, new, "proof", now()).await;
        storage.close().await;
    });
}

/// A server that runs.
pub struct Running {
    child: Child,
    /// Held, so that what it says later meets somebody.
    _out: BufReader<ChildStdout>,
    pub addr: Option<SocketAddr>,
    kill: Kill,
    answers: u64,
}

impl Running {
    pub fn start(stage: &Stage, data: &Path, kill: Kill) -> Self {
        let last = if let Kill::AtCall(last) = kill { Some(last) } else { None };
        let serve = ["serve", "--insecure-http", "--listen", "127.0.0.1:0"];
        let mut child = stage.server(data, &serve, last).spawn().unwrap();
        let out = BufReader::new(child.stdout.take().expect("it is piped"));
        let mut running = Self { child, _out: out, addr: None, kill, answers: 0 };
        running.tick();
        let mut line = String::new();
        running._out.read_line(&mut line).unwrap();
        running.addr = line.trim().strip_prefix("listening on http://").and_then(|addr| addr.parse().ok());
        running.tick();
        running
    }

    /// Something was answered; the moment may have come.
    fn tick(&mut self) {
        if matches!(self.kill, Kill::AtAnswer(answer) if answer == self.answers) {
            let _ = self.child.kill();
        }
        self.answers += 1;
    }

    /// As an operator stops it; how it ended.
    pub fn stop(mut self) -> ExitStatus {
        let _ = Command::new("kill").args(["-TERM", &self.child.id().to_string()]).status();
        self.child.wait().unwrap()
    }
}

impl Drop for Running {
    /// Where something was found, nobody stops it.
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// One kill, and what must be there afterwards: the server starts on the files, has what it acknowledged, and the work goes on.
pub fn one(
    stage: &Stage,
    seed: u64,
    kill: Kill,
    upgrade: bool,
    hasty: bool,
    mine: &mut Outcome,
) -> Result<(), String> {
    let home = Scratch::new("kill-shipped");
    let data = home.path().join("data");
    std::fs::create_dir_all(&data).unwrap();
    let older = if upgrade { &stage.old.1 } else { &BTreeSet::new() };
    if upgrade {
        disk::write_files(&stage.old.0, &data);
    }
    let mut dice = Dice::new(seed ^ 0x5417);
    let life = stage.life(&data, &mut dice, kill, hasty);
    mine.kills += u64::from(life.killed);
    if let Err(End::Failed(why)) = life.ended {
        return Err(why);
    }
    let running = Running::start(stage, &data, Kill::Nobody);
    let addr = running.addr.ok_or("it does not start again")?;
    prepare(&data);
    let mut handheld = match life.handheld {
        Some(handheld) => handheld,
        None => {
            let token = token(&stage.done(&data, &ENROL)?);
            Handheld::enrolled(addr, &token, &mut dice).ok_or("it does not enrol")?
        }
    };
    let ledger = Ledger::open(&data.join(sqlite::FILE));
    let (missing, altered) = ledger.lacks(&handheld.beeped[..life.acked as usize]);
    let missing = missing + older.difference(&ledger.ids()).count() as u64;
    mine.acked += life.acked + older.len() as u64;
    mine.lost += missing;
    if missing + altered > 0 {
        return Err(format!("{missing} acknowledged events are not there, {altered} have other bytes"));
    }
    handheld.confirm(&mut dice, now());
    let mut net = handheld.transport(&format!("http://{addr}"), "", system_clock());
    let report = sync_once(&mut handheld.store, &mut net, now);
    if !matches!(report.activity, Activity::InStep(_)) {
        return Err(format!("it says {:?}", report.activity));
    }
    compare(&ledger, &handheld, mine)?;
    let status = running.stop();
    if !status.success() {
        return Err(format!("it does not stop as it is told: {status}"));
    }
    let mut verify = vec!["verify"];
    // One that was killed before it had written it all is no checkpoint yet.
    if let Some(file) = &life.checkpoint
        && file.is_file()
    {
        verify.extend(["--checkpoint", text(file)]);
    }
    stage.done(&data, &verify).map(drop)
}

/// Everything that beeped is there once with its bytes, and the handheld shows it.
pub fn compare(ledger: &Ledger, handheld: &Handheld, mine: &mut Outcome) -> Result<(), String> {
    let (missing, altered, foreign) = ledger.compare(handheld);
    mine.acked += handheld.beeped.len() as u64;
    mine.lost += missing;
    mine.dup += foreign;
    match (missing + altered + foreign, handheld.shown() == ledger.stock()) {
        (0, true) => Ok(()),
        other => Err(format!("{missing} missing, {altered} altered, {foreign} too many, {other:?}")),
    }
}
