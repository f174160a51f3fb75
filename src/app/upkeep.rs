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

/// What is due when.
pub(super) struct Upkeep {
    plan: Plan,
    check_at: Option<Timestamp>,
    purge_at: Timestamp,
    check: Option<Check>,
}

/// The check on its own thread and its own connection.
struct Check {
    interrupt: InterruptHandle,
    thread: JoinHandle<()>,
}

impl Upkeep {
    pub(super) fn new(plan: Plan, now: Timestamp) -> Self {
        let check_at = now.plus_ms(plan.check_after_ms);
        Self { plan, check_at: Some(check_at), purge_at: now.plus_ms(plan.purge_piece_ms), check: None }
    }

    /// When there is something to do next.
    pub(super) fn wake_at(&self) -> Timestamp {
        self.check_at.map_or(self.purge_at, |check| check.min(self.purge_at))
    }

    /// Nothing else is to be done now.
    pub(super) fn idle(&mut self, store: &mut Store, now: Timestamp, back: &Sender<Request>) {
        if self.check_at.is_some_and(|at| at <= now) {
            self.check_at = None;
            self.check = begin(store, back.clone());
        }
        if self.purge_at <= now {
            let pause = match store.purge(now) {
                Ok(purged) if !purged.through => self.plan.purge_piece_ms,
                Ok(_) => self.plan.purge_round_ms,
                Err(error) => {
                    tracing::warn!(%error, "old events could not be removed");
                    self.plan.purge_round_ms
                }
            };
            self.purge_at = now.plus_ms(pause);
        }
    }

    /// Ends a check that is running; its connection is closed when this returns.
    pub(super) fn stop_check(&mut self) {
        let Some(check) = self.check.take() else { return };
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
