//! The handheld's store as sync sees it.

use super::Replica;
use crate::domain::Timestamp;
use crate::store::{Store, StoreError};
use crate::sync::engine::{Action, Facts, Problem, Snapshot};
use crate::sync::wire::{Head, PushRequest, Stream, head_message};
use std::fs::File;
use std::io::BufReader;

impl Replica for Store {
    fn facts(&self) -> Result<Option<Facts>, Problem> {
        facts(self).map_err(|error| problem(self, &error))
    }

    fn push_request(
        &self,
        after: u64,
        events_max: usize,
        bytes_max: usize,
        now: Timestamp,
    ) -> Result<PushRequest, Problem> {
        push_request(self, after, events_max, bytes_max, now).map_err(|error| problem(self, &error))
    }

    fn perform(&mut self, action: Action, now: Timestamp) -> Result<(), Problem> {
        perform(self, action, now).map_err(|error| {
            tracing::warn!(%error, "sync could not change the store");
            problem(self, &error)
        })
    }
}

fn facts(store: &Store) -> Result<Option<Facts>, StoreError> {
    let Some(identity) = store.enrolled() else { return Ok(None) };
    Ok(Some(Facts {
        device: identity.device,
        epoch: identity.epoch,
        site: identity.site,
        server_id: identity.server_id,
        server_epoch: identity.server_epoch,
        last_seq: store.last_seq()?,
        pending: store.pending(),
        control: store.cursor(Stream::Control)?,
        master: store.cursor(Stream::Master)?,
        site_cursor: store.cursor(Stream::Site)?,
    }))
}

fn push_request(
    store: &Store,
    after: u64,
    events_max: usize,
    bytes_max: usize,
    now: Timestamp,
) -> Result<PushRequest, StoreError> {
    let identity = store.enrolled().ok_or(StoreError::NotEnrolled)?;
    let events = store.outbox(after, events_max, bytes_max)?;
    let head = events.last().map_or_else(Head::default, |last| Head { seq: last.seq, hash: last.hash });
    let message = head_message(identity.site, identity.device, identity.epoch, head);
    Ok(PushRequest {
        device: identity.device,
        epoch: identity.epoch,
        server_epoch: identity.server_epoch,
        device_now: now,
        prev_hash: store.chain_before(after + 1)?,
        events,
        signature: identity.key.sign(&message),
    })
}

fn perform(store: &mut Store, action: Action, now: Timestamp) -> Result<(), StoreError> {
    match action {
        Action::NoteContact { skew_ms, current, checkpoint_key } => {
            checkpoint_key.map_or(Ok(()), |key| store.trust_checkpoints(key))?;
            store.note_contact(now, skew_ms, &current)
        }
        Action::NoteProblem(problem) => store.note_problem(problem.code(), now),
        Action::ApplyPush(reply) => store.apply_push(&reply, now),
        Action::ApplyPull(reply) => store.apply_pull(&reply, now),
        Action::ApplySnapshot(Snapshot::Memory(lines)) => store.apply_snapshot(&*lines, now),
        Action::ApplySnapshot(Snapshot::File(path)) => {
            let applied = File::open(&path)
                .map_err(StoreError::from)
                .and_then(|file| store.apply_snapshot(BufReader::new(file), now));
            // Good or bad, it is of no more use.
            let _ = std::fs::remove_file(&path);
            applied
        }
        Action::Rewind { server_epoch, device_last_seq, device_last_hash } => {
            store.rewind_after_epoch_change(server_epoch, device_last_seq, device_last_hash, now)
        }
        Action::NewEpoch(epoch) => store.new_epoch(epoch),
    }
}

/// What is wrong with the server's answer is told apart from what is wrong with the device.
fn problem(store: &Store, error: &StoreError) -> Problem {
    store.note(error);
    match error {
        StoreError::Gap { .. } | StoreError::Chain { .. } | StoreError::Protocol(_) => Problem::Confused,
        _ => Problem::Storage,
    }
}
