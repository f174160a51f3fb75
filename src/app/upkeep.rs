//! What the worker does while nobody wants anything: the check of the whole file, and the removal of old events.

use super::worker::Request;
use crate::domain::Timestamp;
use crate::store::{InterruptHandle, Store, StoreError};
use std::sync::mpsc::Sender;
use std::thread::{self, JoinHandle};

/// When to do it. A test makes it sooner.
#[derive(Debug, Clone, Copy)]
pub struct Plan {
    /// The check of the whole file, once for each start, so long after it.
    pub check_after_ms: i64,
    /// Between two pieces of the removal.
    pub purge_piece_ms: i64,
    /// Between two rounds of it.
    pub purge_round_ms: i64,
}

impl Default for Plan {
    fn default() -> Self {
        Self { check_after_ms: 20_000, purge_piece_ms: 1_000, purge_round_ms: 60 * 60 * 1_000 }
    }
}

/// A wait by a clock that people can set: where it goes back behind the wait's begin, nobody knows when the time would
/// come, and the wait is over.
#[derive(Debug, Clone, Copy)]
pub(super) struct Wait {
    since: Timestamp,
    until: Timestamp,
}

impl Wait {
    pub(super) fn of(ms: i64, now: Timestamp) -> Self {
        Self { since: now, until: now.plus_ms(ms) }
    }

    pub(super) fn is_over(self, now: Timestamp) -> bool {
        self.until <= now || now < self.since
    }
}

/// What is due when.
pub(super) struct Upkeep {
    plan: Plan,
    check: Option<Wait>,
    purge: Wait,
    running: Option<Check>,
}

/// The check on its own thread and its own connection.
struct Check {
    interrupt: InterruptHandle,
    thread: JoinHandle<()>,
}

impl Upkeep {
    pub(super) fn new(plan: Plan, now: Timestamp) -> Self {
        let (check, purge) = (Wait::of(plan.check_after_ms, now), Wait::of(plan.purge_piece_ms, now));
        Self { plan, check: Some(check), purge, running: None }
    }

    /// When there is something to do next.
    pub(super) fn wake_at(&self) -> Timestamp {
        self.check.map_or(self.purge.until, |check| check.until.min(self.purge.until))
    }

    /// Nothing else is to be done now.
    pub(super) fn idle(&mut self, store: &mut Store, now: Timestamp, back: &Sender<Request>) {
        if self.check.is_some_and(|wait| wait.is_over(now)) {
            self.check = None;
            self.running = begin(store, back.clone());
        }
        if self.purge.is_over(now) {
            let pause = match store.purge(now) {
                Ok(purged) if !purged.through => self.plan.purge_piece_ms,
                Ok(_) => self.plan.purge_round_ms,
                Err(error) => {
                    tracing::warn!(%error, "old events could not be removed");
                    self.plan.purge_round_ms
                }
            };
            self.purge = Wait::of(pause, now);
        }
    }

    /// Ends a check that is running; its connection is closed when this returns.
    pub(super) fn stop_check(&mut self) {
        let Some(check) = self.running.take() else { return };
        // It may be about to begin the one query that can be ended.
        while !check.thread.is_finished() {
            check.interrupt.interrupt();
            thread::sleep(std::time::Duration::from_millis(1));
        }
        if check.thread.join().is_err() {
            tracing::error!("the check of the file ended badly");
        }
    }
}

impl Drop for Upkeep {
    fn drop(&mut self) {
        self.stop_check();
    }
}

fn begin(store: &Store, back: Sender<Request>) -> Option<Check> {
    let begun = store.reader().and_then(|reader| {
        let interrupt = reader.interrupt();
        let work = move || {
            let found = reader.check();
            drop(reader);
            if !matches!(found, Err(StoreError::Interrupted)) {
                drop(back.send(Request::Checked(found)));
            }
        };
        let thread = thread::Builder::new().name("check".into()).spawn(work)?;
        Ok(Check { interrupt, thread })
    });
    begun.inspect_err(|error| tracing::warn!(%error, "the file is not checked")).ok()
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::sync::mpsc;
    use std::time::Duration;

    const TEN_YEARS_MS: i64 = 10 * 365 * 24 * 3_600_000;
    const NOW: Timestamp = Timestamp(1_795_420_800_000);

    fn plan() -> Plan {
        Plan { check_after_ms: 20_000, purge_piece_ms: 1_000, purge_round_ms: 3_600_000 }
    }

    #[test]
    fn the_check_and_the_removal_wait_for_their_time() {
        let mut upkeep = Upkeep::new(plan(), NOW);
        let (back, _checked) = mpsc::channel();
        let mut store = Store::open_in_memory().unwrap();
        upkeep.idle(&mut store, NOW.plus_ms(999), &back);
        assert_eq!(upkeep.wake_at(), NOW.plus_ms(1_000));
        upkeep.idle(&mut store, NOW.plus_ms(1_000), &back);
        assert_eq!(upkeep.wake_at(), NOW.plus_ms(20_000), "the next round is an hour later");
    }

    #[test]
    fn a_clock_that_is_set_back_by_years_pauses_neither() {
        let folder = std::env::temp_dir().join(format!("firstout-upkeep-{}", std::process::id()));
        std::fs::create_dir_all(&folder).unwrap();
        let (mut store, _) = Store::open(&folder.join("store.db"), NOW).unwrap();
        let (back, checked) = mpsc::channel();
        let mut upkeep = Upkeep::new(plan(), NOW);
        let past = NOW.plus_ms(-TEN_YEARS_MS);
        upkeep.idle(&mut store, past, &back);
        let found = checked.recv_timeout(Duration::from_secs(60));
        assert!(matches!(found, Ok(Request::Checked(Ok(())))), "the file was not checked");
        assert_eq!(upkeep.wake_at(), past.plus_ms(3_600_000), "the removal goes by the clock as it is now");
        drop((upkeep, store));
        std::fs::remove_dir_all(&folder).unwrap();
    }
}
