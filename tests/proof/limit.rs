//! Files may not grow: a limit of the system (`ulimit -f`, a quota) in place of a full disk, for another process that
//! works under it. The signal that comes with it is ignored, so that a write fails with `EFBIG`, also one that was done in
//! part. The control does not ignore it: then the system ends the process.

use super::day::NOW;
use super::dice::Dice;
use super::faults::{FILE, Stage};
use super::kill::VICTIM;
use super::report::Outcome;
use super::{Plan, Scratch, disk, world};
use firstout::domain::EventId;
use firstout::screens::store_words;
use firstout::screens::words::{Language, Words};
use firstout::store::{Draft, Store, StoreError};
use std::collections::BTreeSet;
use std::os::unix::process::ExitStatusExt as _;
use std::path::Path;
use std::process::{Command, Stdio};

/// Limits of the short run, in steps of [`STEP_KIB`].
const CASES: u64 = 60;
const STEP_KIB: u64 = 9;
/// What is scanned under each.
const EVENTS: u64 = 30;
const CONTROL_CASES: u64 = 12;
/// Linux, on every processor that handhelds have.
const SIGXFSZ: i32 = 25;

/// Scans under the limit, and says what it was told of each.
pub fn live(seed: u64, folder: &str) {
    let mut dice = Dice::new(seed ^ 0x11F1);
    let path = Path::new(folder).join(FILE);
    let mut store = None;
    for n in 0..EVENTS {
        if store.is_none() {
            store =
                Store::open(&path, NOW).map(|(store, _)| store).map_err(|error| told("opening", &error)).ok();
        }
        let Some(open) = store.as_mut() else { continue };
        let now = NOW.plus_ms(1_000 * i64::try_from(n).unwrap());
        let Ok((operator, body)) = world::draft(&mut dice, open, now) else { continue };
        let id = EventId(dice.uuid());
        match open.confirm(Draft { id, operator, at: now, body }) {
            Ok(_) => println!("saved {id}"),
            Err(error) => told(
                &if matches!(error, StoreError::Unsure(_)) {
                    format!("unsure {id}")
                } else {
                    format!("refused {id}")
                },
                &error,
            ),
        }
    }
    println!("end");
}

/// What the operator reads, in both languages.
fn told(what: &str, error: &StoreError) {
    let words =
        [Language::English, Language::German].map(|language| store_words(error, Words::new(language)));
    assert!(words.iter().all(|words| !words.is_empty()), "{error}");
    println!("{what} {}", words[0]);
}

/// One limit; true where it was met.
fn one(stage: &Stage, seed: u64, kib: u64, ignored: bool, outcome: &mut Outcome) -> Result<bool, String> {
    let scratch = Scratch::new("limit");
    disk::write_files(&stage.files, scratch.path());
    let trap = if ignored { "trap '' XFSZ; " } else { "" };
    let script = format!("{trap}ulimit -c 0; ulimit -f {kib}; exec \"$0\"");
    let mut command = Command::new("bash");
    command.arg("-c").arg(script).arg(std::env::current_exe().unwrap());
    command.env(VICTIM, format!("limit {seed} 0 {}", scratch.text())).stdin(Stdio::null());
    let out = command.stderr(Stdio::piped()).output().unwrap();
    let said = String::from_utf8_lossy(&out.stdout).into_owned();
    let complained = String::from_utf8_lossy(&out.stderr);
    let ended = said.lines().last() == Some("end");
    let killed = out.status.signal() == Some(SIGXFSZ);
    if !(out.status.success() && ended || killed && !ignored) || complained.contains("panicked") {
        return Err(format!("{kib} KiB: {}, {complained}", out.status));
    }
    outcome.kills += u64::from(killed);
    let of = |word: &str| -> BTreeSet<&str> {
        said.lines().filter_map(|line| line.strip_prefix(word)?.split(' ').nth(1)).collect()
    };
    let (saved, refused, unsure) = (of("saved"), of("refused"), of("unsure"));
    outcome.unknown += unsure.len() as u64;
    let (store, report) = Store::open(&scratch.path().join(FILE), NOW).map_err(|error| error.to_string())?;
    if let Some(salvage) = report.salvage {
        return Err(format!("{kib} KiB: it is damaged: {}", salvage.why));
    }
    for id in &saved {
        outcome.acked += 1;
        if !is_there(&store, id)? {
            outcome.lost += 1;
            return Err(format!("{kib} KiB: {id} was called saved and is not there"));
        }
    }
    for id in &refused {
        if is_there(&store, id)? {
            outcome.dup += 1;
            return Err(format!("{kib} KiB: {id} was refused and is there"));
        }
    }
    store.check().map_err(|error| format!("{kib} KiB: {error}"))?;
    Ok(killed || !refused.is_empty() || !unsure.is_empty() || said.contains("opening"))
}

fn is_there(store: &Store, id: &str) -> Result<bool, String> {
    let id = EventId(id.parse().map_err(|error| format!("{id}: {error}"))?);
    Ok(store.event(id).map_err(|error| error.to_string())?.is_some())
}

fn search(stage: &Stage, plan: &Plan, cases: u64, ignored: bool) -> (Outcome, u64) {
    let (mut outcome, mut met) = (Outcome::default(), 0);
    for case in 0..cases {
        if ignored && plan.only.is_some_and(|only| only.0 != case) {
            continue;
        }
        outcome.cases += 1;
        let kib = 1 + case * STEP_KIB * CASES / cases.max(1);
        match one(stage, plan.seed, kib, ignored, &mut outcome) {
            Ok(hit) => met += u64::from(hit),
            Err(why) => {
                outcome.corrupt += u64::from(outcome.lost + outcome.dup == 0);
                outcome.story.get_or_insert(why);
                outcome
                    .repro
                    .get_or_insert(format!("./x soak limit {cases} --seed {} --only {case}.0", plan.seed));
            }
        }
    }
    (outcome, met)
}

pub fn run(plan: &Plan) -> Outcome {
    let stage = Stage::new(plan.seed);
    let (mut outcome, met) = search(&stage, plan, plan.cases.unwrap_or(CASES), true);
    let (control, _) = search(&stage, &Plan { only: None, ..plan.clone() }, CONTROL_CASES, false);
    if control.kills == 0 || (met == 0 && plan.only.is_none()) {
        outcome.corrupt += 1;
        outcome.story = Some("no limit was ever met".to_owned());
    }
    outcome.lost += control.lost;
    outcome.notes = format!(
        "{met} limits were met; control, the signal not ignored: {} of {} processes ended by it, {} events lost",
        control.kills, control.cases, control.lost
    );
    outcome
}
