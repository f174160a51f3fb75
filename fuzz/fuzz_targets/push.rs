//! Any body of a push is taken or refused, and what is taken can be judged, folded and read back.
#![no_main]

use firstout::domain::{Body, DeviceId, Event, Signature, SiteId, SiteZone, Timestamp};
use firstout::ledger::{Setting, Stock};
use firstout::server::ingest::{Batch, Known, Questions, Sender, check, judge};
use firstout::sync::wire::{Envelope, Hash, PushRequest, ServerEpoch};
use libfuzzer_sys::fuzz_target;
use uuid::Uuid;

const DEVICE: DeviceId = DeviceId(Uuid::from_u128(2));
const SENDER: Sender = Sender { site: SiteId(1), device: DEVICE, key: None, revoked: false };
/// Rounds of questions that the server asks at most.
const ROUNDS_MAX: usize = 12;

/// Each line as an event, in a chain that is whole: what a device with these bytes would send.
fn chained(text: &str) -> PushRequest {
    let mut hash = Hash::default();
    let events = text.split('\n').zip(1..).map(|(bytes, seq)| {
        hash = Hash::chain(hash, bytes.as_bytes());
        Envelope { seq, bytes: bytes.to_owned(), hash }
    });
    PushRequest {
        device: DEVICE,
        epoch: 1,
        server_epoch: ServerEpoch(Uuid::nil()),
        device_now: Timestamp(0),
        prev_hash: Hash::default(),
        events: events.collect(),
        signature: Signature([0; 64]),
    }
}

/// What a server says that knows nothing yet.
fn answer(asked: Questions, known: &mut Known) {
    known.zone = asked.zone.then_some(SiteZone(Default::default())).or(known.zone);
    known.stopped = asked.stopped.then(Default::default).or(known.stopped.take());
    known.counted = asked.counted.then_some(true).or(known.counted);
    known.balances.extend(asked.balances.into_iter().map(|key| (key, 0)));
    known.lots.extend(asked.lots.into_iter().map(|key| (key, None)));
    known.holds_on.extend(asked.holds_on.into_iter().map(|key| (key, Vec::new())));
    known.holds.extend(asked.holds.into_iter().map(|key| (key, None)));
    known.ends.extend(asked.ends.into_iter().map(|key| (key, false)));
    known.events.extend(asked.events.into_iter().map(|key| (key, None)));
    known.undone.extend(asked.undone.into_iter().map(|key| (key, None)));
    known.closings.extend(asked.orders.iter().map(|key| (*key, 0)));
    known.orders.extend(asked.orders.into_iter().map(|key| (key, None)));
    known.progress.extend(asked.progress.into_iter().map(|key| (key, Vec::new())));
    known.roles.extend(asked.roles.into_iter().map(|key| (key, None)));
    known.kinds.extend(asked.kinds.into_iter().map(|key| (key, None)));
    known.takers.extend(asked.takers.into_iter().map(|key| (key, None)));
    known.counts.extend(asked.counts.into_iter().map(|key| (key, Vec::new())));
    known.unseen.extend(asked.unseen.into_iter().map(|key| (key, Vec::new())));
    known.taken.extend(asked.taken.into_iter().map(|key| (key, Vec::new())));
}

fn judged(batch: Batch) {
    let batches = [batch];
    let mut known = Known { since: Some(Timestamp(i64::MIN)), ..Known::default() };
    for _ in 0..ROUNDS_MAX {
        let plan = judge(&batches, &known);
        if plan.questions.is_empty() {
            let mut sums = std::collections::BTreeMap::<_, i128>::new();
            for (key, (units, _)) in &plan.draft.stock {
                *sums.entry((key.item, key.lot.clone())).or_default() += i128::from(*units);
            }
            assert!(sums.values().all(|sum| *sum == 0), "a lot does not sum to zero: {sums:?}");
            assert_eq!(plan.outcomes.len(), 1);
            return;
        }
        answer(plan.questions, &mut known);
    }
    panic!("the rules never have enough");
}

fn unknown(body: &Body) -> bool {
    match body {
        Body::Unknown { .. } => true,
        Body::Undo(undo) => unknown(&undo.body),
        _ => false,
    }
}

fn folded(batch: &Batch) {
    let mut stock = Stock::new(Setting::default());
    for event in batch.arrivals.iter().filter_map(|arrival| arrival.event.as_ref().ok()) {
        // What a newer program says is kept as bytes and never written anew.
        if !unknown(&event.body) {
            let bytes = event.encode().expect("what was read can be written");
            let again = Event::decode(&bytes).expect("and read again");
            assert_eq!(again, **event);
        }
        stock.apply(event, true);
    }
    assert!(stock.imbalances().is_empty());
}

fuzz_target!(|bytes: &[u8]| {
    if let Ok(request) = serde_json::from_slice::<PushRequest>(bytes) {
        let sender = Sender { device: request.device, ..SENDER };
        if let Ok(batch) = check(request, sender, Timestamp(0)) {
            judged(batch);
        }
    }
    let Ok(text) = std::str::from_utf8(bytes) else { return };
    if let Ok(batch) = check(chained(text), SENDER, Timestamp(0)) {
        folded(&batch);
        judged(batch);
    }
});
