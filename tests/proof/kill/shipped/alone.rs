//! Commands beside which nothing runs: the server's `restore`, and the handheld's `sync` and `replay`.

use super::super::server::now;
use super::server::{Kill, Running, compare, text};
use super::{HANDHELD, Stage, counted, counter, is_killed};
use crate::Scratch;
use crate::dice::Dice;
use crate::disk::{self, Files};
use crate::real::{Handheld, Hands, Ledger, Server};
use crate::report::Outcome;
use crate::state::State;
use firstout::server::storage::sqlite;
use firstout::store::Store;
use std::path::Path;
use std::process::{Command, Stdio};

const FILE: &str = "device.db";
/// What waits on the handheld before its first sync.
const WAITING: u64 = 6;
const DEMO: [&str; 4] = ["--demo", "1", "--today", "2026-11-23"];
/// A person signs in, receives four lots, takes the last one back and receives it again.
const FLOW: &str = r#"{"scan": "BADGE-1002"}
{"scan": "PO-7731"}
{"scan": "]d201295201010000131727062110L2301"}
{"scan": "]d201295201010000201727062110L2302"}
{"scan": "]d201295201010006311727082010L2303"}
{"scan": "]d201295201010005251527062110L2304"}
{"tap": "done"}
{"tap": "undo"}
{"scan": "PO-7731"}
{"scan": "]d201295201010005251527062110L2304"}
{"tap": "done"}
"#;

pub fn measure_restore(stage: &Stage) -> u64 {
    let home = Scratch::new("kill-restore");
    let (data, copy) = (home.path().join("data"), home.path().join("copy"));
    std::fs::write(&copy, &stage.copy).unwrap();
    stage.done(&data, &["restore", text(&copy)]).unwrap();
    counted(&data)
}

/// Afterwards there is no database, and the command can be given again; or there is all of it.
pub fn restore(stage: &Stage, last: usize, mine: &mut Outcome) -> Result<(), String> {
    let home = Scratch::new("kill-restore");
    let (data, copy) = (home.path().join("data"), home.path().join("copy"));
    std::fs::write(&copy, &stage.copy).unwrap();
    let command = ["restore", text(&copy)];
    let status = stage.server(&data, &command, Some(last)).status().unwrap();
    mine.kills += u64::from(is_killed(status));
    if !data.join(sqlite::FILE).is_file() {
        stage.done(&data, &command)?;
    }
    stage.done(&data, &["verify"])?;
    let [copy, restored] = [copy, data.join(sqlite::FILE)].map(|file| Ledger::open(&file).ids());
    mine.acked += copy.len() as u64;
    mine.lost += copy.difference(&restored).count() as u64;
    let running = Running::start(stage, &data, Kill::Nobody);
    running.addr.ok_or("the server does not start")?;
    running.stop();
    if copy == restored { Ok(()) } else { Err("it is not what was backed up".to_owned()) }
}

fn sync_command(stage: &Stage, handheld: &Handheld, last: Option<usize>) -> Command {
    let file = handheld.home.path().join(FILE);
    let mut command = stage.program(HANDHELD, &counter(&file), last);
    command.args(["sync", "--db"]).arg(file);
    command
}

/// A handheld with some events that wait, which nobody has open, and its server.
fn waiting(seed: u64) -> (Server, Handheld) {
    let hands = Hands::new();
    hands.set(now());
    let server = Server::start("kill-sync", &hands, false);
    let mut dice = Dice::new(seed ^ 0x51C);
    let mut handheld = server.admit(server.addr, &mut dice);
    for _ in 0..WAITING {
        handheld.confirm(&mut dice, hands.now());
    }
    handheld.store = Store::open_in_memory().unwrap();
    (server, handheld)
}

pub fn measure_sync(stage: &Stage, seed: u64) -> u64 {
    let (_server, handheld) = waiting(seed);
    assert!(sync_command(stage, &handheld, None).status().unwrap().success(), "a sync without a kill");
    counted(&handheld.home.path().join(FILE))
}

/// Afterwards all that beeped is on the device with its bytes, and the next sync brings it to the server, once.
pub fn sync(stage: &Stage, seed: u64, last: usize, mine: &mut Outcome) -> Result<(), String> {
    let (server, mut handheld) = waiting(seed);
    let status = sync_command(stage, &handheld, Some(last)).status().unwrap();
    mine.kills += u64::from(is_killed(status));
    let open = |handheld: &Handheld| Store::open(&handheld.home.path().join(FILE), now());
    let (store, report) = open(&handheld).map_err(|error| error.to_string())?;
    if let Some(salvage) = report.salvage {
        return Err(format!("it was salvaged: {}", salvage.why));
    }
    for (id, bytes) in &handheld.beeped {
        let event = store.event(*id).map_err(|error| error.to_string())?;
        if event.is_none_or(|event| event.encode().unwrap() != bytes.as_bytes()) {
            mine.lost += 1;
            return Err(format!("{id} is not on the device any more"));
        }
    }
    drop(store);
    let again = sync_command(stage, &handheld, None).stderr(Stdio::piped()).output().unwrap();
    if !again.status.success() {
        let complained = String::from_utf8_lossy(&again.stderr);
        return Err(format!("the next sync: {}: {complained}", again.status));
    }
    handheld.store = open(&handheld).map_err(|error| error.to_string())?.0;
    compare(&server.ledger(), &handheld, mine)
}

fn replay_command(stage: &Stage, file: &Path, flow: &str, last: Option<usize>) -> Command {
    let flow_file = file.with_extension("jsonl");
    std::fs::write(&flow_file, flow).unwrap();
    let mut command = stage.program(HANDHELD, &counter(file), last);
    command.arg("replay").arg(flow_file).arg("--db").arg(file).arg("--json").args(DEMO);
    command
}

/// A handheld's file in the demo warehouse, with nothing that waits.
pub fn filled(stage: &Stage) -> Files {
    let home = Scratch::new("kill-demo");
    let file = home.path().join(FILE);
    assert!(replay_command(stage, &file, "", None).status().unwrap().success(), "the demo is filled in");
    let mut files = disk::read_files(home.path());
    files.retain(|(name, _)| name.starts_with(FILE));
    files
}

pub fn measure_replay(stage: &Stage) -> u64 {
    let home = Scratch::new("kill-replay");
    let file = home.path().join(FILE);
    disk::write_files(&stage.filled, home.path());
    let out = replay_command(stage, &file, FLOW, None).output().unwrap();
    assert!(
        out.status.success() && said(&out.stdout) >= 5,
        "a flow without a kill: {} saved",
        said(&out.stdout)
    );
    counted(&file)
}

/// How many events its last view calls waiting; a line that is cut off was not said.
fn said(out: &[u8]) -> u64 {
    let mut lines = out.split_inclusive(|byte| *byte == b'\n').filter(|line| line.ends_with(b"\n"));
    let last = lines.next_back().map(|line| serde_json::from_slice::<serde_json::Value>(line).unwrap());
    last.map_or(0, |view| view["badge"]["pending"].as_u64().unwrap())
}

/// Afterwards all that its screens called saved is in the file, and the work goes on.
pub fn replay(stage: &Stage, last: usize, mine: &mut Outcome) -> Result<(), String> {
    let home = Scratch::new("kill-replay");
    let file = home.path().join(FILE);
    disk::write_files(&stage.filled, home.path());
    let out = replay_command(stage, &file, FLOW, Some(last)).output().unwrap();
    mine.kills += u64::from(is_killed(out.status));
    let saved = said(&out.stdout);
    let (store, report) = Store::open(&file, now()).map_err(|error| error.to_string())?;
    if let Some(salvage) = report.salvage {
        return Err(format!("it was salvaged: {}", salvage.why));
    }
    store.check().map_err(|error| error.to_string())?;
    let state = State::read(&file).map_err(|error| error.to_string())?;
    state.check_chain()?;
    let (there, waits) = (state.events.len() as u64, store.pending());
    drop(store);
    mine.acked += saved;
    mine.lost += saved.saturating_sub(there);
    // At most the one that was on its way, of which nobody was told.
    if !(saved..=saved + 1).contains(&there) || waits != there {
        return Err(format!("{saved} were called saved, {there} are there, {waits} wait"));
    }
    let again = replay_command(stage, &file, FLOW, None).output().unwrap();
    let goes_on = again.status.success() && said(&again.stdout) > there;
    if goes_on { Ok(()) } else { Err(format!("it does not go on: {}", again.status)) }
}
