//! Somebody with all rights on the database alters the ledger; checkpoints that were taken elsewhere tell.
//!
//! A ledger of the demo warehouse is signed at five sizes. It is then altered: entries edited, deleted, inserted and swapped in
//! place, its tail cut, its look-up columns and its tree replaced; or it is written anew as a whole, from altered events through the
//! server's own ingest, so that every chain, tree and projection is valid. Each alteration must be found, with the right
//! word and a place that holds it, and nothing may be found where nothing was altered.

use super::dice::Dice;
use super::report::{self, Outcome};
use super::{Plan, Scratch};
use firstout::demo;
use firstout::domain::{Day, DeviceKey, Event, EventId, MasterRecord, PublicKey, Timestamp};
use firstout::server::storage::{Place, Report, Storage};
use firstout::server::{checkpoint, seed};
use firstout::sync::wire::Verdict;
use rusqlite::{Connection, params};
use std::ops::ControlFlow;
use std::path::Path;
use tokio::runtime::{Builder, Runtime};

const FILE: &str = "firstout.sqlite";
/// Of the short run.
const CASES: u64 = 1_000;
const EVENTS: usize = 120;
/// Where it is signed.
const SIZES: [usize; 5] = [17, 40, 64, 101, EVENTS];
const NOW: Timestamp = Timestamp(1_795_420_800_000);

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Mutation {
    /// One column of one entry.
    Column,
    /// One character of one entry's bytes.
    Bytes,
    Delete,
    Insert,
    Swap,
    /// The newest entries, and the counter with them.
    Cut,
    /// Written anew as a whole.
    RebuiltEdit,
    RebuiltDelete,
    RebuiltInsert,
    RebuiltSwap,
    RebuiltCut,
    /// Written anew and signed with another key.
    WrongKey,
    /// One character of a checkpoint.
    Checkpoint,
    /// Another checkpoint of the server's key that says something else of the same entries.
    Contradiction,
}

const MUTATIONS: [Mutation; 14] = [
    Mutation::Column,
    Mutation::Bytes,
    Mutation::Delete,
    Mutation::Insert,
    Mutation::Swap,
    Mutation::Cut,
    Mutation::RebuiltEdit,
    Mutation::RebuiltDelete,
    Mutation::RebuiltInsert,
    Mutation::RebuiltSwap,
    Mutation::RebuiltCut,
    Mutation::WrongKey,
    Mutation::Checkpoint,
    Mutation::Contradiction,
];

/// A column, and another value for it.
const COLUMNS: [&str; 11] = [
    "status = CASE status WHEN 0 THEN 1 ELSE 0 END",
    "received = received + 1",
    "skew_ms = skew_ms + 1",
    "device = zeroblob(16)",
    "epoch = epoch + 1",
    "seq = seq + 1000",
    "hash = zeroblob(32)",
    "stream_hash = zeroblob(32)",
    "reason = 'none'",
    "kind = 'none'",
    "event_id = zeroblob(16)",
];

/// What was there before.
struct Sample {
    events: Vec<Event>,
    /// The database with its records and no event; with all of them.
    empty: Vec<u8>,
    full: Vec<u8>,
    key: DeviceKey,
    /// Each with the name of its file.
    checkpoints: Vec<(String, String)>,
}

fn runtime() -> Runtime {
    Builder::new_current_thread().enable_all().build().unwrap()
}

async fn open(folder: &Path) -> Storage {
    Storage::open(&Place::Sqlite(folder.join(FILE)), folder).await.unwrap()
}

/// The database as one file.
async fn copy(storage: &Storage, folder: &Path) -> Vec<u8> {
    let file = folder.join("copy");
    assert!(storage.backup(&file).await.unwrap().problems.is_empty());
    std::fs::read(file).unwrap()
}

impl Sample {
    fn new(number: u64) -> Self {
        runtime().block_on(async {
            let scratch = Scratch::new("tamper-sample");
            let storage = open(scratch.path()).await;
            let warehouse = demo::warehouse(number, Day::from_ymd_opt(2026, 11, 23).unwrap());
            let events = demo::seed::events(&warehouse)[..EVENTS].to_vec();
            let site = warehouse.site.id;
            let records = warehouse.master();
            // The ledger is what is altered; most records would only be read again a thousand times.
            let few =
                records.filter(|record| matches!(record, MasterRecord::Site(_) | MasterRecord::User(_)));
            seed(&storage, site, few.collect(), &[], NOW).await.unwrap();
            let empty = copy(&storage, scratch.path()).await;
            let key = DeviceKey::from_seed(&[number as u8; 32]);
            let mut checkpoints = Vec::new();
            for size in SIZES {
                seed(&storage, site, Vec::new(), &events[..size], NOW).await.unwrap();
                let signed = checkpoint::sign(&storage, &key, Some(site), NOW).await.unwrap().remove(0);
                assert_eq!(signed.checkpoint.size, size as u64);
                checkpoints.push((signed.file_name(), signed.text));
            }
            let full = copy(&storage, scratch.path()).await;
            Self { events, empty, full, key, checkpoints }
        })
    }
}

/// What was done, and what must be said of it.
struct Altered {
    checkpoints: Vec<(String, String)>,
    keys: Vec<PublicKey>,
    verdicts: &'static [Verdict],
    /// The first entry that is another one now.
    entry: Option<u64>,
}

fn in_place(mutation: Mutation, folder: &Path, dice: &mut Dice) -> (u64, &'static [Verdict]) {
    let db = Connection::open(folder.join(FILE)).unwrap();
    let at = 1 + dice.below(EVENTS as u64 - 1);
    let all: &[Verdict] = &[Verdict::Altered, Verdict::Fork];
    // Somebody who knows of the tree takes it away: it is made anew from what is there.
    if dice.percent(50) {
        db.execute("UPDATE stream SET tree = NULL", ()).unwrap();
    }
    // Entries move out of the way first: their numbers are a key.
    let shift = |from: u64, by: i64| {
        let away = "UPDATE event SET stream_seq = -stream_seq WHERE stream_seq >= ?1";
        db.execute(away, [from as i64]).unwrap();
        db.execute("UPDATE event SET stream_seq = ?1 - stream_seq WHERE stream_seq < 0", [by]).unwrap();
    };
    match mutation {
        Mutation::Column => {
            let sql = format!("UPDATE event SET {} WHERE stream_seq = ?1", dice.pick(&COLUMNS));
            db.execute(&sql, [at as i64]).unwrap();
            (at, all)
        }
        Mutation::Bytes => {
            let sql = "SELECT bytes FROM event WHERE stream_seq = ?1";
            let mut bytes: String = db.query_row(sql, [at as i64], |row| row.get(0)).unwrap();
            let digits: Vec<usize> =
                bytes.bytes().zip(0..).filter(|(b, _)| b.is_ascii_digit()).map(|b| b.1).collect();
            let place = *dice.pick(&digits);
            let digit = (bytes.as_bytes()[place] - b'0' + 1 + dice.below(9) as u8) % 10;
            bytes.replace_range(place..=place, &digit.to_string());
            db.execute("UPDATE event SET bytes = ?2 WHERE stream_seq = ?1", params![at as i64, bytes])
                .unwrap();
            (at, &[Verdict::Altered])
        }
        Mutation::Delete => {
            db.execute("DELETE FROM event WHERE stream_seq = ?1", [at as i64]).unwrap();
            if dice.percent(50) {
                shift(at + 1, -1);
            }
            (at, &[Verdict::Altered])
        }
        Mutation::Insert => {
            shift(at, 1);
            let sql = "INSERT INTO event SELECT site, ?1, randomblob(16), device, epoch, seq + 1000, status, reason, kind,
                       received, skew_ms, bytes, hash, stream_hash FROM event WHERE stream_seq = ?1 + 1";
            db.execute(sql, [at as i64]).unwrap();
            (at, all)
        }
        Mutation::Swap => {
            let next = at as i64 + 1;
            for (from, to) in [(at as i64, -1), (next, at as i64), (-1, next)] {
                db.execute("UPDATE event SET stream_seq = ?2 WHERE stream_seq = ?1", [from, to]).unwrap();
            }
            (at, &[Verdict::Altered])
        }
        _ => {
            db.execute("DELETE FROM event WHERE stream_seq >= ?1", [at as i64]).unwrap();
            if dice.percent(50) {
                let sql = "UPDATE stream SET next_seq = ?1, tree = NULL, head_hash =
                           (SELECT stream_hash FROM event WHERE stream_seq = ?1 - 1) WHERE name = 'site' AND ?1 > 1";
                db.execute(sql, [at as i64]).unwrap();
            }
            (at, &[Verdict::Truncated])
        }
    }
}

/// Altered events, as a ledger of their own; the first entry that is another one.
fn other_events(mutation: Mutation, sample: &Sample, dice: &mut Dice) -> (Vec<Event>, u64) {
    let mut events = sample.events.clone();
    let at = dice.below(EVENTS as u64 - 1) as usize;
    match mutation {
        Mutation::RebuiltDelete => drop(events.remove(at)),
        Mutation::RebuiltInsert => {
            let new = Event { id: EventId(dice.uuid()), ..events[at].clone() };
            events.insert(at, new);
        }
        Mutation::RebuiltSwap => events.swap(at, at + 1),
        Mutation::RebuiltCut => events.truncate(at),
        _ => events[at].at = events[at].at.plus_ms(-1 - dice.below(1_000) as i64),
    }
    (events, at as u64 + 1)
}

fn rebuild(sample: &Sample, events: &[Event], folder: &Path) {
    std::fs::write(folder.join(FILE), &sample.empty).unwrap();
    runtime().block_on(async {
        let storage = open(folder).await;
        let site = sample.events[0].site;
        seed(&storage, site, Vec::new(), events, NOW).await.unwrap();
    });
}

fn alter(mutation: Mutation, sample: &Sample, folder: &Path, dice: &mut Dice) -> Altered {
    let mut checkpoints = sample.checkpoints.clone();
    let mut keys = vec![sample.key.public()];
    std::fs::write(folder.join(FILE), &sample.full).unwrap();
    let (verdicts, entry): (&[Verdict], _) = match mutation {
        Mutation::Column
        | Mutation::Bytes
        | Mutation::Delete
        | Mutation::Insert
        | Mutation::Swap
        | Mutation::Cut => {
            let (at, verdicts) = in_place(mutation, folder, dice);
            (verdicts, Some(at))
        }
        Mutation::RebuiltEdit | Mutation::RebuiltInsert | Mutation::RebuiltSwap => {
            let (events, at) = other_events(mutation, sample, dice);
            rebuild(sample, &events, folder);
            (&[Verdict::Fork], Some(at))
        }
        Mutation::RebuiltDelete | Mutation::RebuiltCut => {
            let (events, at) = other_events(mutation, sample, dice);
            rebuild(sample, &events, folder);
            // Deleted in the middle both are true: it is shorter, and what is left are others.
            let place = (mutation == Mutation::RebuiltCut).then_some(at);
            (&[Verdict::Truncated], place)
        }
        Mutation::WrongKey | Mutation::Contradiction => {
            let (events, _) = other_events(mutation, sample, dice);
            rebuild(sample, &events, folder);
            let other = DeviceKey::from_seed(&[200; 32]);
            let key = if mutation == Mutation::WrongKey { &other } else { &sample.key };
            let signed = runtime().block_on(async {
                checkpoint::sign(&open(folder).await, key, None, NOW).await.unwrap().remove(0)
            });
            let forged = (signed.file_name(), signed.text);
            if mutation == Mutation::WrongKey {
                checkpoints = vec![forged];
                (&[Verdict::Altered], None)
            } else {
                // Both are the server's own word. One of them is what the database holds.
                checkpoints.push(forged);
                (&[Verdict::Fork], None)
            }
        }
        Mutation::Checkpoint => {
            let text = &mut checkpoints[dice.below(5) as usize].1;
            let place = dice.below(text.len() as u64 - 1) as usize;
            let mut bytes = text.clone().into_bytes();
            bytes[place] = bytes[place].wrapping_add(1 + dice.below(255) as u8);
            *text = String::from_utf8_lossy(&bytes).into_owned();
            keys.push(DeviceKey::from_seed(&[201; 32]).public());
            (&[Verdict::Altered, Verdict::Unreadable], None)
        }
    };
    Altered { checkpoints, keys, verdicts, entry }
}

fn check(folder: &Path, checkpoints: &[(String, String)], keys: &[PublicKey]) -> Result<Report, String> {
    runtime().block_on(async {
        let storage = open(folder).await;
        checkpoint::check(&storage, checkpoints, keys).await.map_err(|error| error.to_string())
    })
}

#[derive(Default)]
struct Tally {
    outcome: Outcome,
    /// Found at all without what was signed, of the ledgers written anew.
    rebuilt: u64,
    unseen: u64,
}

impl report::Tally for Tally {
    fn add(&mut self, other: Self) {
        self.outcome.add(other.outcome);
        self.rebuilt += other.rebuilt;
        self.unseen += other.unseen;
    }
}

fn one(sample: &Sample, mutation: Mutation, mut dice: Dice, tally: &mut Tally) -> Result<(), String> {
    let scratch = Scratch::new("tamper");
    let altered = alter(mutation, sample, scratch.path(), &mut dice);
    let report = match check(scratch.path(), &altered.checkpoints, &altered.keys) {
        // What cannot even be read is no ledger.
        Err(_) if mutation == Mutation::Column => return Ok(()),
        report => report?,
    };
    tally.outcome.acked += report.entries;
    if report.verdict == Verdict::Intact {
        tally.outcome.lost += 1;
        return Err("it was not found".to_owned());
    }
    if !altered.verdicts.contains(&report.verdict) {
        return Err(format!("it is {:?}, and must be {:?}: {report:?}", report.verdict, altered.verdicts));
    }
    let place = report.first.and_then(|first| Some((first.entry?, first.through.or(first.entry)?)));
    if let (Some(entry), Some((from, through))) = (altered.entry, place)
        && !(from..=through).contains(&entry)
    {
        return Err(format!("entry {entry} is another one, and {from} to {through} are named"));
    }
    let rebuilt = format!("{mutation:?}").starts_with("Rebuilt");
    if rebuilt {
        tally.rebuilt += 1;
        tally.unseen += u64::from(check(scratch.path(), &[], &[])?.verdict == Verdict::Intact);
    }
    Ok(())
}

pub fn run(plan: &Plan) -> Outcome {
    let sample = Sample::new(plan.seed);
    let play = |case: u64, mine: &mut Tally| {
        let mutation = MUTATIONS[case as usize % MUTATIONS.len()];
        let lost = mine.outcome.lost;
        mine.outcome.cases += 1;
        if let Err(why) = one(&sample, mutation, Dice::new(plan.seed ^ (case << 20)), mine) {
            mine.outcome.corrupt += u64::from(mine.outcome.lost == lost);
            eprintln!("case {case}, {mutation:?}: {why}");
            mine.outcome.tell(
                || format!("case {case}, {mutation:?}: {why}"),
                || format!("./x soak tamper --seed {} --only {case}.0", plan.seed),
            );
        }
        ControlFlow::Continue(())
    };
    let cases = plan.cases.unwrap_or(CASES);
    let Tally { mut outcome, rebuilt, unseen } =
        report::each_case(plan, cases, plan.only.map(|(case, _)| case), play);
    if plan.only.is_none() {
        intact(&sample, &mut outcome);
        // The control: without what was signed elsewhere, a ledger that was written anew is as good as the true one.
        if unseen == 0 && rebuilt > 0 {
            outcome.corrupt += 1;
            outcome.story = Some("the control stays green: nobody needs the checkpoints".to_owned());
        }
        outcome.notes = format!(
            "control: without the checkpoints {unseen} of {rebuilt} ledgers that were written anew are taken for whole"
        );
    }
    outcome
}

/// Nothing is found where nothing was altered: with no checkpoint, with each, with all.
fn intact(sample: &Sample, outcome: &mut Outcome) {
    let scratch = Scratch::new("tamper-intact");
    std::fs::write(scratch.path().join(FILE), &sample.full).unwrap();
    let mut sets: Vec<&[(String, String)]> = vec![&[], &sample.checkpoints];
    sets.extend(sample.checkpoints.chunks(1));
    for set in sets {
        outcome.cases += 1;
        let report = check(scratch.path(), set, &[sample.key.public()]);
        if report.as_ref().map(|report| report.verdict) != Ok(Verdict::Intact) {
            outcome.corrupt += 1;
            outcome.story = Some(format!("an intact ledger is called altered: {report:?}"));
        }
    }
}
