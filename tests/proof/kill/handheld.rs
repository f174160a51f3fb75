//! The handheld's core is killed in its working day, and while an old file is brought up to date.

use super::{Killer, Moment, Part, last_words, spawn};
use crate::Scratch;
use crate::day::{Day, Length, NOW, Witness};
use crate::power::{self, Tape};
use crate::report::Outcome;
use crate::state::State;
use crate::vfs;
use firstout::domain::{Event, EventId};
use firstout::store::Store;
use rusqlite::Connection;
use std::io::Write as _;
use std::path::Path;
use std::sync::Arc;

/// Every kind of work once; short, as the process is started for each case.
const DAY: Length = Length { rounds: 4, events: 6, last: 12 };
const FILE: &str = "store.db";
/// The schemas that were shipped before this one.
const OLD: [&str; 3] = [
    include_str!("../../fixtures/store_v1.sql"),
    include_str!("../../fixtures/store_v2.sql"),
    include_str!("../../fixtures/store_v3.sql"),
];

/// The same day without a kill: its calls, and the file's state after each step.
pub fn record(seed: u64) -> Tape {
    power::record(seed, DAY)
}

/// Says over the pipe what happens.
struct Speaker {
    /// The control: beeps before the commit.
    hasty: bool,
}

fn say(line: &str) {
    let mut out = std::io::stdout().lock();
    out.write_all(format!("{line}\n").as_bytes()).and_then(|()| out.flush()).unwrap();
}

impl Witness for Speaker {
    fn confirming(&mut self, id: EventId) {
        if self.hasty {
            say(&format!("beep {id}"));
        }
    }

    fn step(&mut self, what: &'static str, store: Option<&Store>) {
        if store.is_some() {
            say(what);
        }
    }

    fn acked(&mut self, event: &Event) {
        if !self.hasty {
            say(&format!("beep {}", event.id));
        }
    }
}

/// Works until it is killed.
pub fn live(seed: u64, last: usize, folder: &str, hasty: bool) {
    let _guard = vfs::watch(folder, Arc::new(Killer::after(last)));
    let mut speaker = Speaker { hasty };
    Day::new(&Path::new(folder).join(FILE), seed, &mut speaker).play(DAY).unwrap();
}

/// Opens an old file until it is killed.
pub fn migrate(last: usize, folder: &str) {
    let _guard = vfs::watch(folder, Arc::new(Killer::after(last)));
    drop(Store::open(&Path::new(folder).join(FILE), NOW).unwrap());
}

/// Part 0 kills at calls, part 1 at lines.
pub fn play(part: &Part<'_>, tape: &Tape, hasty: bool, mine: &mut Outcome) {
    let lines = tape.milestones.len() + tape.acked.len();
    let all = if part.number == 0 { tape.ops.len() } else { lines };
    for place in part.places(all as u64) {
        let moment = if part.number == 0 { Moment::Call(place as usize + 1) } else { Moment::Line(place) };
        mine.cases += 1;
        mine.kills += 1;
        if let Err(why) = one(part.plan.seed, tape, moment, hasty, mine) {
            part.found(mine, place, &why);
        }
    }
}

fn one(seed: u64, tape: &Tape, moment: Moment, hasty: bool, mine: &mut Outcome) -> Result<(), String> {
    let scratch = Scratch::new("kill-handheld");
    let role = if hasty { "hasty" } else { "handheld" };
    let child = spawn(&format!("{role} {seed} {} {}", moment.call(), scratch.text()));
    let lines = last_words(child, moment)?;
    let beeps: Vec<&str> = lines.iter().filter_map(|line| line.strip_prefix("beep ")).collect();
    let steps = lines.len() - beeps.len();
    // It had done at least what it said, and at most one step more.
    let cut = steps.checked_sub(1).map_or(0, |at| tape.milestones[at].ops);
    let path = scratch.path().join(FILE);
    let finding = power::look(tape, cut, &path);
    mine.acked += finding.acked + beeps.len() as u64;
    mine.lost += finding.lost;
    mine.dup += finding.dup;
    let there = State::read(&path).map_err(|error| error.to_string())?;
    let there = there.bytes_by_id();
    let (before, after) = tape.around(cut);
    let kept = [before, after].into_iter().flatten().map(|one| one.state.bytes_by_id());
    let kept: Vec<_> = kept.collect();
    for (_, event) in &tape.acked {
        let (name, id) = (event.id.to_string(), event.id.0.as_bytes().as_slice());
        // The step that was cut may have let it go; that the file is one of the two states was looked at above.
        let purged = kept.last().is_some_and(|state| !state.contains_key(id));
        let beeped = beeps.contains(&name.as_str());
        let same = there.get(id).is_some_and(|bytes| bytes.as_bytes() == event.encode().unwrap());
        // In the control it is not in the state that was reached either: that is the point.
        if beeped && !same && (hasty || !purged) {
            mine.lost += 1;
            return Err(format!("{name} beeped and is not there; {}", tape.tell(cut)));
        }
    }
    match (finding.is_red(), finding.corrupt) {
        (false, _) => Ok(()),
        (true, why) => Err(format!("{}; {}", why.unwrap_or_default(), tape.tell(cut))),
    }
}

fn old_file(sql: &str) -> (Scratch, State) {
    let scratch = Scratch::new("kill-old");
    let path = scratch.path().join(FILE);
    Connection::open(&path).unwrap().execute_batch(sql).unwrap();
    let state = State::read(&path).unwrap();
    (scratch, state)
}

/// Each schema, killed at each call of its way to the newest one.
pub fn play_migrations(part: &Part<'_>, mine: &mut Outcome) {
    let wholes = OLD.map(|sql| {
        let (scratch, _) = old_file(sql);
        let recorder = Arc::new(crate::disk::Recorder::default());
        let _guard = vfs::watch(scratch.text(), Arc::clone(&recorder) as Arc<dyn vfs::Watch>);
        drop(Store::open(&scratch.path().join(FILE), NOW).unwrap());
        (recorder.len(), State::read(&scratch.path().join(FILE)).unwrap())
    });
    let longest = wholes.iter().map(|(calls, _)| *calls).max().unwrap();
    for place in part.places((OLD.len() * longest) as u64) {
        let (version, call) = (place as usize % OLD.len(), place as usize / OLD.len() + 1);
        let (scratch, old) = old_file(OLD[version]);
        mine.cases += 1;
        mine.kills += 1;
        let child = spawn(&format!("migrate 0 {call} {}", scratch.text()));
        let done = last_words(child, Moment::Call(call)).and_then(|_| {
            let path = scratch.path().join(FILE);
            let (_, report) = Store::open(&path, NOW).map_err(|error| error.to_string())?;
            let new = State::read(&path).map_err(|error| error.to_string())?;
            mine.acked += old.events.len() as u64;
            mine.lost += old.events.iter().filter(|row| !new.events.contains(row)).count() as u64;
            // The key is made by the migration itself.
            let other = new.difference(&wholes[version].1);
            if report.salvage.is_some() || other.iter().any(|table| *table != "device") {
                return Err(format!("other tables: {other:?}, salvage: {:?}", report.salvage));
            }
            Ok(())
        });
        if let Err(why) = done {
            part.found(mine, place, &format!("schema {} killed after call {call}: {why}", version + 1));
        }
    }
}
