//! Pushes that wait for the same site share one transaction.
//!
//! SQLite's writer already commits what waits together, each push in its own savepoint. On PostgreSQL a transaction holds
//! the site's counter until its commit is on the disk; sharing one makes that wait, the look-ups and the rows' round
//! trips common to all of them.

use super::push::{Pushes, push};
use super::{Either, PushOutcome, Storage, StorageError, ask};
use crate::domain::SiteId;
use crate::server::ingest::Batch;
use crate::sync::wire::Status;
use std::collections::{HashMap, HashSet, VecDeque};
use std::sync::{Arc, Mutex, PoisonError};
use tokio::sync::oneshot;

/// Most pushes in one transaction.
const PUSHES_MAX: usize = 64;
/// A transaction takes no further push once it has so many events: the first of them does not wait for ever.
const EVENTS_MAX: usize = 4_000;
/// A ledger that has so many events is worth a look of the database at its tables.
const LOOK_FROM: u64 = 1_000;

type Answer = Result<PushOutcome, StorageError>;
type Waiting = (Batch, oneshot::Sender<Answer>);

/// What waits at one site, who is made ready, and whose turn it is.
#[derive(Default)]
struct Group {
    waiting: Mutex<VecDeque<Waiting>>,
    next: tokio::sync::Mutex<()>,
    turn: tokio::sync::Mutex<()>,
}

/// What waits, by site.
#[derive(Default)]
pub(super) struct Groups(Mutex<HashMap<SiteId, Arc<Group>>>);

impl Groups {
    fn of(&self, site: SiteId) -> Arc<Group> {
        let mut groups = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        Arc::clone(groups.entry(site).or_default())
    }
}

impl Group {
    fn add(&self, batch: Batch) -> oneshot::Receiver<Answer> {
        let (reply, answer) = oneshot::channel();
        self.waiting.lock().unwrap_or_else(PoisonError::into_inner).push_back((batch, reply));
        answer
    }

    /// The longest-waiting pushes that can share a transaction: one of each device, all of one incarnation.
    fn take(&self) -> Vec<Waiting> {
        let mut waiting = self.waiting.lock().unwrap_or_else(PoisonError::into_inner);
        let (mut taken, mut left) = (Vec::<Waiting>::new(), VecDeque::new());
        let (mut devices, mut events) = (HashSet::new(), 0);
        while let Some((batch, reply)) = waiting.pop_front() {
            let same = taken.first().is_none_or(|(first, _)| first.server_epoch == batch.server_epoch);
            let room = taken.is_empty() || (taken.len() < PUSHES_MAX && events < EVENTS_MAX);
            if same && room && !devices.contains(&batch.device) {
                devices.insert(batch.device);
                events += batch.arrivals.len();
                taken.push((batch, reply));
            } else {
                // A later push of a device that has to wait does not overtake it.
                devices.insert(batch.device);
                left.push_back((batch, reply));
            }
        }
        *waiting = left;
        taken
    }
}

/// True where a site's ledger has come to a thousand events, to ten thousand, and so on.
fn is_tenfold(outcome: &PushOutcome) -> bool {
    let PushOutcome::Stored(reply) = outcome else { return false };
    let is_power = |seq: u64| seq >= LOOK_FROM && seq == 10_u64.pow(seq.ilog10());
    let mut new = reply.results.iter().filter(|result| result.status != Status::Duplicate);
    new.any(|result| is_power(result.stream_seq))
}

impl Storage {
    pub(super) async fn grouped(&self, batch: Batch) -> Answer {
        if matches!(self.database, Either::Sqlite(_)) {
            return self.together(batch.site, [batch].into()).await?.pop().ok_or(StorageError::Closed);
        }
        let group = self.groups.of(batch.site);
        self.metrics.write_waits();
        let answer = group.add(batch);
        let storage = self.clone();
        // A task of its own: whoever asked may go away, and the others' answers depend on it.
        tokio::spawn(async move { storage.serve(&group).await });
        answer.await.map_err(|_| StorageError::Closed)?
    }

    /// Takes in what can share a transaction. What it will ask is found while those before it are written, and where no
    /// other write can change the answer, it is asked.
    async fn serve(&self, group: &Group) {
        let next = group.next.lock().await;
        let (batches, replies): (Vec<_>, Vec<_>) = group.take().into_iter().unzip();
        let Some(site) = batches.first().map(|batch| batch.site) else { return };
        let (batches, alone): (Arc<[Batch]>, _) = (batches.into(), replies.len() == 1);
        let mut input = Pushes::new(site, Arc::clone(&batches), Arc::clone(&self.records));
        let ids = self.look_up((site, Arc::clone(&batches)), |input, tx| Box::pin(ask::ids(input, tx)));
        if let Ok(ids) = ids.await {
            input = input.with_ahead(ids);
        }
        let _turn = group.turn.lock().await;
        drop(next);
        self.metrics.write_begins(batches.len());
        match self.take_in(input).await {
            Ok(outcomes) => {
                if outcomes.iter().any(is_tenfold) {
                    self.database.grew();
                }
                replies.into_iter().zip(outcomes).for_each(|(reply, outcome)| {
                    let _ = reply.send(Ok(outcome));
                });
            }
            Err(error) if alone => {
                if let Some(reply) = replies.into_iter().next() {
                    let _ = reply.send(Err(error));
                }
            }
            // One that fails must not take the others with it.
            Err(_) => {
                for (batch, reply) in batches.iter().zip(replies) {
                    let outcome = self.together(site, [batch.clone()].into()).await;
                    let _ = reply.send(outcome.and_then(|mut one| one.pop().ok_or(StorageError::Closed)));
                }
            }
        }
    }

    async fn together(&self, site: SiteId, batches: Arc<[Batch]>) -> Result<Vec<PushOutcome>, StorageError> {
        self.take_in(Pushes::new(site, batches, Arc::clone(&self.records))).await
    }

    async fn take_in(&self, input: Pushes) -> Result<Vec<PushOutcome>, StorageError> {
        self.write(input, |input, tx| Box::pin(push(input, tx))).await
    }
}
