//! Pushes as one transaction: what must be known is read, the verdicts are made, their rows are written, and the
//! counters move last.

use super::records::Records;
use super::stream::{advance, advance_site, head, head_and_tree, newest_chain, server_epoch};
use super::tx::Tx;
use super::{PushOutcome, StorageError, ask, save};
use crate::domain::{DeviceId, SiteId, Timestamp};
use crate::server::ingest::{Batch, Known, Questions, judge};
use crate::sync::wire::{Conflict, Head, Stream};
use ask::Ids;
use foldhash::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

/// Rounds of questions. Two are common; what an answer makes the rules ask for goes a few steps deep.
const ROUNDS_MAX: usize = 12;

/// Pushes of one site, each of another device.
pub(super) struct Pushes {
    site: SiteId,
    batches: Arc<[Batch]>,
    records: Arc<Records>,
    since: Option<Timestamp>,
    /// What is asked first: found before it is the pushes' turn, while others are written.
    first: Questions,
    /// Which of their events were here already, a moment ago; for the first try.
    ahead: Mutex<Option<Ids>>,
}

impl Pushes {
    pub(super) fn new(site: SiteId, batches: Arc<[Batch]>, records: Arc<Records>) -> Self {
        let (since, chains) = (since(&batches), expected(&batches));
        let first = judge(&batches, &Known { since, chains, ..Known::default() }).questions;
        Self { site, batches, records, since, first, ahead: Mutex::default() }
    }

    /// Knows before the turn what was found of the events: one that comes in between from elsewhere is no second row
    /// under its id, and all is tried again.
    pub(super) fn with_ahead(self, ids: Ids) -> Self {
        Self { ahead: Mutex::new(Some(ids)), ..self }
    }
}

/// Where the chains of the devices are if each push follows what is here.
fn expected(batches: &[Batch]) -> HashMap<(DeviceId, u32), Head> {
    let follows = |batch: &Batch| {
        let seq = batch.arrivals.first()?.seq.saturating_sub(1);
        Some(((batch.device, batch.epoch), Head { seq, hash: batch.prev_hash }))
    };
    batches.iter().filter_map(follows).collect()
}

/// The earliest time that they tell of.
fn since(batches: &[Batch]) -> Option<Timestamp> {
    let arrivals = batches.iter().flat_map(|batch| &batch.arrivals);
    let events = arrivals.filter_map(|arrival| arrival.event.as_ref().ok());
    events.map(|event| event.corrected_at()).min()
}

/// Takes pushes, all of each or none; the answers are in their order.
pub(super) async fn push(input: &Pushes, tx: &mut dyn Tx) -> Result<Vec<PushOutcome>, StorageError> {
    let (site, batches) = (input.site, &input.batches);
    let epoch = server_epoch(tx).await?;
    if batches.iter().any(|batch| batch.server_epoch != epoch) {
        return apart(input, tx).await;
    }
    // Everything below is read behind this lock: nobody else writes the site's ledger until this transaction ends.
    let (site_head, tree) = head_and_tree(tx, site, true).await?;
    let mut tree = tree.filter(|tree| tree.size() == site_head.seq);
    let control = head(tx, site, Stream::Control).await?;
    let master = head(tx, site, Stream::Master).await?;
    let mut known = Known { site: site_head, control, since: input.since, ..Known::default() };
    let ahead = input.ahead.lock().unwrap_or_else(PoisonError::into_inner).take();
    ask::arrivals(tx, site.0, batches, ahead, &mut known).await?;
    input.records.answer(tx, site, master, &input.first, &mut known).await?;
    ask::answer(tx, site.0, &input.first, &mut known).await?;
    for _ in 0..ROUNDS_MAX {
        let plan = judge(batches, &known);
        if plan.questions.is_empty() {
            let from = (known.site, known.control);
            let to = save::save(tx, site.0, &plan.draft, from, tree.as_mut()).await?;
            advance(tx, site, Stream::Control, from.1, to.1).await?;
            advance_site(tx, site, from.0, to.0, tree.as_ref()).await?;
            return Ok(plan.outcomes);
        }
        let questions = plan.questions;
        input.records.answer(tx, site, master, &questions, &mut known).await?;
        ask::answer(tx, site.0, &questions, &mut known).await?;
    }
    Err(StorageError::Damaged { what: "state that the rules can judge by" })
}

/// Some devices know another incarnation: nothing of theirs is taken, and the others come again.
async fn apart(input: &Pushes, tx: &mut dyn Tx) -> Result<Vec<PushOutcome>, StorageError> {
    let server_epoch = server_epoch(tx).await?;
    let mut outcomes = Vec::with_capacity(input.batches.len());
    for batch in input.batches.iter() {
        let (_, newest) = newest_chain(tx, input.site, batch.device).await?;
        let device_last_seq = newest.seq;
        let conflict = Conflict::EpochChanged { server_epoch, device_last_seq };
        outcomes.push(PushOutcome::Conflict(conflict));
    }
    Ok(outcomes)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::{Event, OrderId};
    use crate::server::ingest::Arrival;
    use crate::sync::wire::{Hash, ServerEpoch};
    use uuid::Uuid;

    const DEVICE: DeviceId = DeviceId(Uuid::from_u128(2));

    fn batch(seq: u64) -> Batch {
        let bytes = format!(
            r#"{{"v":1,"id":"00000000-0000-0000-0000-000000000001","site":1,"device":"{DEVICE}","operator":3,"at":5,"body":{{"close_order":{{"order":7}}}}}}"#
        );
        let event = Event::decode(bytes.as_bytes()).unwrap();
        let (hash, id, event) = (Hash([2; 32]), Some(event.id), Ok(Box::new(event)));
        Batch {
            site: SiteId(1),
            device: DEVICE,
            epoch: 1,
            server_epoch: ServerEpoch(Uuid::nil()),
            skew_ms: 0,
            received: Timestamp(9),
            prev_hash: if seq == 1 { Hash::default() } else { Hash([1; 32]) },
            signature: None,
            revoked: false,
            arrivals: vec![Arrival { seq, bytes, hash, event, id }],
        }
    }

    #[test]
    fn what_a_later_push_asks_is_found_before_its_turn_too() {
        for seq in [1, 501] {
            let pushes = Pushes::new(SiteId(1), [batch(seq)].into(), Arc::default());
            assert_eq!(
                (pushes.since, pushes.first.orders),
                (Some(Timestamp(5)), [OrderId(7)].into()),
                "{seq}"
            );
        }
    }
}
