//! Pages, pushes, snapshots and restores: nothing twice, nothing skipped, nothing lost.

use super::store_kit::*;
use firstout::domain::*;
use firstout::store::{Identity, KEEP_EVENTS_MS, Store, StoreError};
use firstout::sync::wire::*;
use sha2::{Digest, Sha256};
use uuid::Uuid;

fn received(lots: &[(&str, i64)]) -> Ledger {
    let mut site = Ledger::new(Stream::Site);
    for ((text, quantity), number) in lots.iter().zip(100..) {
        site.add(&event(number, OTHER, receipt(text, "2027-01-31", *quantity)), Status::Accepted);
    }
    site
}

fn at_dock(store: &Store, text: &str) -> i64 {
    store.balance(&stock_key(text, DOCK)).unwrap().units()
}

#[test]
fn a_page_counts_once() {
    let mut store = in_memory();
    let site = received(&[("A", 1), ("B", 2), ("C", 3)]);
    for page in [site.page(0, 2), site.page(0, 2), site.page(1, 3), site.page(0, 3), site.page(3, 3)] {
        store.apply_pull(&page, NOW).unwrap();
    }
    assert_eq!((at_dock(&store, "A"), at_dock(&store, "B"), at_dock(&store, "C")), (1, 2, 3));
    assert_eq!(store.cursor(Stream::Site).unwrap(), site.head());
    assert_eq!(store.sync_status().unwrap().site_as_of, Some(NOW));
}

#[test]
fn a_gap_or_another_past_is_refused_whole() {
    let mut store = in_memory();
    let site = received(&[("A", 1), ("B", 2), ("C", 3)]);
    store.apply_pull(&site.page(0, 1), NOW).unwrap();
    let before = store.cursor(Stream::Site).unwrap();
    let gap = store.apply_pull(&site.page(2, 3), NOW);
    assert!(matches!(gap, Err(StoreError::Gap { expected: 2, found: 3, .. })), "{gap:?}");
    let mut hole = site.page(1, 3);
    hole.events.remove(0);
    assert!(matches!(store.apply_pull(&hole, NOW), Err(StoreError::Gap { expected: 2, found: 3, .. })));
    let mut cut = site.page(1, 3);
    cut.events.pop();
    assert!(matches!(store.apply_pull(&cut, NOW), Err(StoreError::Gap { .. })));
    let other = received(&[("X", 1), ("Y", 2), ("Z", 3)]);
    let past = store.apply_pull(&other.page(1, 3), NOW);
    assert!(matches!(past, Err(StoreError::Chain { stream: Stream::Site, seq: 3 })), "{past:?}");
    let mut altered = site.page(1, 3);
    altered.events[1].status = Status::Refused;
    assert!(matches!(store.apply_pull(&altered, NOW), Err(StoreError::Chain { .. })));
    assert_eq!(store.cursor(Stream::Site).unwrap(), before);
    assert_eq!((at_dock(&store, "A"), at_dock(&store, "B")), (1, 0));
    store.apply_pull(&site.page(1, 3), NOW).unwrap();
    assert_eq!(at_dock(&store, "C"), 3);
}

#[test]
fn own_events_turn_from_pending_to_base() {
    let mut store = in_memory();
    let own = confirm(&mut store, 1, receipt("A", "2027-01-31", 10)).event;
    let poison = confirm(&mut store, 2, receipt("A", "2027-01-31", 5)).event;
    let sent = store.outbox(0, 10, usize::MAX).unwrap();
    store.apply_push(&acked(&sent, Status::Accepted, 1), NOW).unwrap();
    assert_eq!((store.pending(), at_dock(&store, "A")), (0, 15));
    assert_eq!(store.outbox(0, 10, usize::MAX).unwrap(), []);
    let mut site = Ledger::new(Stream::Site);
    site.add(&own, Status::Accepted);
    site.add(&poison, Status::Quarantined);
    // What nobody can read delays nothing.
    site.add_bytes(OTHER, "noise".to_owned(), Status::Quarantined);
    site.add(&event(9, OTHER, receipt("B", "2027-01-31", 1)), Status::Flagged);
    site.send(&mut store).unwrap();
    assert_eq!((at_dock(&store, "A"), at_dock(&store, "B")), (10, 1));
    assert_eq!(store.event(own.id).unwrap(), Some(own), "it stays on the device");
    assert_eq!(store.sync_status().unwrap().refused, 1);
}

#[test]
fn an_event_whose_answer_was_lost_is_settled_by_the_stream() {
    let mut store = in_memory();
    let own = confirm(&mut store, 1, receipt("A", "2027-01-31", 10)).event;
    confirm(&mut store, 2, receipt("B", "2027-01-31", 1));
    let mut site = Ledger::new(Stream::Site);
    site.add(&own, Status::Accepted);
    site.send(&mut store).unwrap();
    assert_eq!((store.pending(), at_dock(&store, "A")), (1, 10));
    let left = store.outbox(0, 10, usize::MAX).unwrap();
    assert_eq!(left.iter().map(|envelope| envelope.seq).collect::<Vec<_>>(), [2]);
}

#[test]
fn the_same_id_with_other_bytes_is_somebody_elses() {
    let mut store = in_memory();
    confirm(&mut store, 1, receipt("A", "2027-01-31", 10));
    let mut site = Ledger::new(Stream::Site);
    site.add(&event(1, OTHER, receipt("A", "2027-01-31", 3)), Status::Accepted);
    site.send(&mut store).unwrap();
    assert_eq!((store.pending(), at_dock(&store, "A")), (1, 13));
}

#[test]
fn a_kind_from_a_newer_program_waits_for_the_upgrade() {
    let mut store = in_memory();
    let text = String::from_utf8(event(1, OTHER, hold("A")).encode().unwrap()).unwrap();
    let mut site = Ledger::new(Stream::Site);
    site.add_bytes(OTHER, text.replacen("\"hold\":", "\"kit\":", 1), Status::Accepted);
    site.add(&event(2, OTHER, receipt("B", "2027-01-31", 1)), Status::Accepted);
    site.send(&mut store).unwrap();
    assert_eq!((at_dock(&store, "B"), store.cursor(Stream::Site).unwrap().seq), (1, 2));
}

fn snapshot(head: Head, epoch: u128, rows: &[SnapshotRow]) -> Vec<u8> {
    let server_epoch = ServerEpoch(Uuid::from_u128(epoch));
    let header =
        SnapshotHeader { stream: Stream::Site, server_epoch, head, rows: rows.len() as u64, undone: vec![] };
    let mut text = serde_json::to_string(&header).unwrap() + "\n";
    for row in rows {
        text += &(serde_json::to_string(row).unwrap() + "\n");
    }
    let digest = Hash(Sha256::digest(text.as_bytes()).into());
    text += &(serde_json::to_string(&SnapshotRow::End { digest }).unwrap() + "\n");
    text.into_bytes()
}

fn stock_row(text: &str, units: i64) -> SnapshotRow {
    SnapshotRow::Stock { key: stock_key(text, DOCK), units, since: NOW }
}

#[test]
fn a_snapshot_replaces_the_base_and_keeps_what_is_pending() {
    let mut store = in_memory();
    received(&[("A", 1), ("OLD", 7)]).send(&mut store).unwrap();
    confirm(&mut store, 1, receipt("A", "2027-01-31", 10));
    confirm(&mut store, 2, receipt("A", "2027-01-31", 100));
    let first = store.outbox(0, 1, usize::MAX).unwrap();
    store.apply_push(&acked(&first, Status::Accepted, 8), NOW).unwrap();
    // Entry 8, the first of them, is in the snapshot; the second is not.
    let head = Head { seq: 8, hash: Hash([7; 32]) };
    let lot = SnapshotRow::Lot { facts: facts("A", "2027-03-31"), received: NOW };
    let good = snapshot(head, 0xE1, &[stock_row("A", 11), lot]);

    let mut altered = good.clone();
    let at = good.len() / 2;
    altered[at] ^= 1;
    let older = snapshot(Head { seq: 1, ..head }, 0xE1, &[]);
    let other = snapshot(head, 0xE2, &[]);
    let cut = &good[..good.len() - 200];
    for broken in [&altered[..], cut, &older, &other, b"<html>", b""] {
        let refused = store.apply_snapshot(broken, NOW);
        assert!(matches!(refused, Err(StoreError::Protocol(_))), "{refused:?}");
        assert_eq!((at_dock(&store, "A"), at_dock(&store, "OLD"), store.pending()), (111, 7, 1));
    }
    store.apply_snapshot(&good[..], NOW).unwrap();
    assert_eq!((at_dock(&store, "A"), at_dock(&store, "OLD"), store.pending()), (111, 0, 1));
    assert_eq!(store.cursor(Stream::Site).unwrap(), head);
    let expiry = store.lot(&lot_key("A")).unwrap().unwrap().facts.expiry;
    assert_eq!(expiry, Some("2027-03-31".parse().unwrap()), "the stream's first label counts");
    assert_eq!(store.candidates(MILK, 9).unwrap()[0].expiry, expiry);
}

#[test]
fn after_a_restore_what_the_server_lost_is_sent_again() {
    let mut store = in_memory();
    let events: Vec<Event> =
        (1..=4).map(|number| confirm(&mut store, number, receipt("A", "2027-01-31", 1)).event).collect();
    let sent = store.outbox(0, 10, usize::MAX).unwrap();
    store.apply_push(&acked(&sent[..3], Status::Accepted, 1), NOW).unwrap();
    let mut site = Ledger::new(Stream::Site);
    for event in &events[..3] {
        site.add(event, Status::Accepted);
    }
    site.send(&mut store).unwrap();
    assert_eq!((store.pending(), at_dock(&store, "A")), (1, 4));

    // The server came back with only the first.
    let restored = ServerEpoch(Uuid::from_u128(0xE2));
    store.rewind_after_epoch_change(restored, 1, None, NOW).unwrap();
    assert_eq!((store.pending(), at_dock(&store, "A")), (3, 4), "what is shown stays");
    let again = store.outbox(1, 10, usize::MAX).unwrap();
    assert_eq!(again, sent[1..], "with the same bytes and hashes");
    assert_eq!(store.chain_before(2).unwrap(), sent[0].hash);
    assert_eq!(store.cursor(Stream::Site).unwrap(), Head::default());
    let mut site = Ledger::new(Stream::Site);
    site.add(&events[0], Status::Accepted);
    site.send(&mut store).unwrap();
    assert_eq!((store.pending(), at_dock(&store, "A")), (3, 4));
    assert_eq!(store.identity().unwrap().unwrap().server_epoch, restored);
}

/// The answer to a push was lost, and hello tells that its events have arrived: they are sent again all the same, for only an
/// answer says where they stand. A snapshot that was made before the second of them does not hold it.
#[test]
fn what_only_hello_has_acknowledged_is_not_taken_to_be_in_a_snapshot() {
    let mut store = in_memory();
    (1..=2).for_each(|number| drop(confirm(&mut store, number, receipt("A", "2027-01-31", 1))));
    let sent = store.outbox(0, 10, usize::MAX).unwrap();
    let restored = ServerEpoch(Uuid::from_u128(0xE2));
    store.rewind_after_epoch_change(restored, 2, Some(sent[1].hash), NOW).unwrap();
    assert_eq!(store.outbox(0, 10, usize::MAX).unwrap(), sent);
    store.apply_push(&acked(&sent, Status::Duplicate, 1), NOW).unwrap();
    let before = snapshot(Head { seq: 1, hash: Hash([3; 32]) }, 0xE2, &[stock_row("A", 1)]);
    store.apply_snapshot(&before[..], NOW).unwrap();
    assert_eq!(at_dock(&store, "A"), 2);
}

/// A copy has sent this device's events to the restored server, and the snapshot is older than that: they come as pages, and an
/// undo among them counts, although this device has seen it count before.
#[test]
fn what_was_taken_back_before_a_restore_is_taken_back_again() {
    let mut store = in_memory();
    let first = confirm(&mut store, 1, receipt("A", "2027-01-31", 5)).event;
    let second = confirm(&mut store, 2, undo(&first)).event;
    let sent = store.outbox(0, 10, usize::MAX).unwrap();
    store.apply_push(&acked(&sent, Status::Accepted, 1), NOW).unwrap();
    let mut site = Ledger::new(Stream::Site);
    for event in [&first, &second] {
        site.add(event, Status::Accepted);
    }
    site.send(&mut store).unwrap();
    assert_eq!(at_dock(&store, "A"), 0);
    let restored = ServerEpoch(Uuid::from_u128(0xE2));
    store.rewind_after_epoch_change(restored, 2, Some(sent[1].hash), NOW).unwrap();
    assert_eq!(store.pending(), 0);
    let mut site = received(&[("A", 3)]);
    store.apply_snapshot(&snapshot(site.head(), 0xE2, &[stock_row("A", 3)])[..], NOW).unwrap();
    assert_eq!(at_dock(&store, "A"), 3);
    for event in [&first, &second] {
        site.add(event, Status::Accepted);
    }
    site.send(&mut store).unwrap();
    assert_eq!(at_dock(&store, "A"), 3);
    assert!(store.is_undone(first.id).unwrap());
}

/// A copy of the device was there first: what stands under this device's numbers is the copy's.
#[test]
fn what_a_copy_has_sent_to_a_restored_server_is_not_taken_for_ones_own() {
    let restored = ServerEpoch(Uuid::from_u128(0xE2));
    for (theirs, epoch, pending) in [(true, 2, 2), (false, 1, 0)] {
        let mut store = in_memory();
        (1..=2).for_each(|number| drop(confirm(&mut store, number, receipt("A", "2027-01-31", 1))));
        let sent = store.outbox(0, 10, usize::MAX).unwrap();
        store.apply_push(&acked(&sent, Status::Accepted, 1), NOW).unwrap();
        let hash = if theirs { Hash([7; 32]) } else { sent[1].hash };
        store.rewind_after_epoch_change(restored, 2, Some(hash), NOW).unwrap();
        assert_eq!((store.identity().unwrap().unwrap().epoch, store.pending()), (epoch, pending));
        let again = store.outbox(0, 10, usize::MAX).unwrap();
        let bytes = |events: &[Envelope]| events.iter().map(|one| one.bytes.clone()).collect::<Vec<_>>();
        assert_eq!(bytes(&again), if theirs { bytes(&sent) } else { vec![] }, "all of it is sent again");
    }
}

#[test]
fn a_stop_stays_until_the_restored_server_has_told_all() {
    let mut store = in_memory();
    let mut control = Ledger::new(Stream::Control);
    for (number, text) in [(1, "A"), (2, "B")] {
        control.add(&event(number, OTHER, hold(text)), Status::Accepted);
    }
    control.send(&mut store).unwrap();
    store.rewind_after_epoch_change(ServerEpoch(Uuid::from_u128(0xE2)), 0, None, NOW).unwrap();
    assert_eq!(store.holds().unwrap().len(), 2);
    let mut control = Ledger::new(Stream::Control);
    control.add(&event(1, OTHER, hold("A")), Status::Accepted);
    control.add(&event(3, OTHER, hold("C")), Status::Accepted);
    store.apply_pull(&control.page(0, 1), NOW).unwrap();
    assert_eq!(store.holds().unwrap().len(), 2, "the page is not the last");
    control.send(&mut store).unwrap();
    let held: Vec<EventId> = store.holds().unwrap().iter().map(|state| state.id).collect();
    assert_eq!(held, [id(3), id(1)]);
}

#[test]
fn a_new_epoch_keeps_ids_and_bytes() {
    let mut store = in_memory();
    for number in 1..=3 {
        confirm(&mut store, number, receipt("A", "2027-01-31", 1));
    }
    let sent = store.outbox(0, 10, usize::MAX).unwrap();
    store.apply_push(&acked(&sent[..1], Status::Accepted, 1), NOW).unwrap();
    assert!(matches!(store.new_epoch(1), Err(StoreError::OldEpoch { found: 1, known: 1 })));
    store.new_epoch(2).unwrap();
    let again = store.outbox(0, 10, usize::MAX).unwrap();
    let bytes = |envelopes: &[Envelope]| envelopes.iter().map(|e| e.bytes.clone()).collect::<Vec<_>>();
    assert_eq!(bytes(&again), bytes(&sent[1..]));
    assert_eq!(again.iter().map(|envelope| envelope.seq).collect::<Vec<_>>(), [1, 2]);
    assert_eq!(again[0].hash, Hash::chain(Hash::default(), again[0].bytes.as_bytes()));
    assert_eq!(confirm(&mut store, 4, receipt("A", "2027-01-31", 1)).seq, 3);
    assert_eq!((store.epoch().unwrap(), store.pending(), at_dock(&store, "A")), (2, 3, 4));
}

/// A whole round.
fn purge(store: &mut Store, now: Timestamp) -> u64 {
    let mut rows = 0;
    loop {
        let purged = store.purge(now).unwrap();
        rows += purged.rows;
        if purged.through {
            return rows;
        }
    }
}

#[test]
fn only_what_is_safe_on_the_server_is_purged() {
    let mut store = in_memory();
    for number in 1..=4 {
        confirm(&mut store, number, receipt("A", "2027-01-31", 1));
    }
    let events: Vec<Event> = (1..=4).map(|number| store.event(id(number)).unwrap().unwrap()).collect();
    let later = NOW.plus_ms(KEEP_EVENTS_MS + 1_000);
    assert_eq!(purge(&mut store, later), 0, "nothing was sent");
    let mut site = Ledger::new(Stream::Site);
    for event in &events[..3] {
        site.add(event, Status::Accepted);
    }
    site.send(&mut store).unwrap();
    assert_eq!(purge(&mut store, later), 0, "nothing is backed up");
    let page = PullReply { backed_up_through: 2, ..site.page(3, 3) };
    store.apply_pull(&page, NOW).unwrap();
    assert_eq!(purge(&mut store, NOW.plus_ms(KEEP_EVENTS_MS)), 0, "nothing is old enough");
    assert_eq!(purge(&mut store, later), 2);
    assert_eq!(store.event(id(1)).unwrap(), None);
    site.add(&events[3], Status::Accepted);
    site.send(&mut store).unwrap();
    store.apply_pull(&PullReply { backed_up_through: 4, ..site.page(4, 4) }, NOW).unwrap();
    assert_eq!(purge(&mut store, later), 1, "the newest stays for ever");
    assert_eq!(confirm(&mut store, 5, receipt("A", "2027-01-31", 1)).seq, 5);
    assert_eq!(at_dock(&store, "A"), 5);
}

/// A clock that jumps ahead by years makes everything old, also what was taken back a minute ago.
#[test]
fn what_was_taken_back_is_known_as_long_as_the_event_is_kept() {
    let mut store = in_memory();
    let first = confirm(&mut store, 1, receipt("A", "2027-01-31", 1)).event;
    let second = confirm(&mut store, 2, undo(&first)).event;
    let mut site = Ledger::new(Stream::Site);
    site.add(&first, Status::Accepted);
    site.add(&second, Status::Accepted);
    site.send(&mut store).unwrap();
    let years_later = NOW.plus_ms(9 * 365 * 86_400_000);
    purge(&mut store, years_later);
    assert!(store.is_undone(first.id).unwrap());
    assert_eq!(store.last_undoable(UserId(1), NOW).unwrap(), None);
    confirm(&mut store, 3, undo(&first));
    assert_eq!(at_dock(&store, "A"), 0, "it is taken back once");
    // Where the event goes, so does what took it back.
    let third = store.event(id(3)).unwrap().unwrap();
    site.add(&third, Status::Refused);
    site.send(&mut store).unwrap();
    store.apply_pull(&PullReply { backed_up_through: 3, ..site.page(3, 3) }, NOW).unwrap();
    purge(&mut store, years_later);
    purge(&mut store, years_later);
    assert_eq!(store.event(first.id).unwrap(), None);
    assert!(!store.is_undone(first.id).unwrap());
}

/// What a backup holds of one epoch says nothing of events that came into another one.
#[test]
fn what_is_backed_up_of_another_epoch_lets_nothing_go() {
    let later = NOW.plus_ms(KEEP_EVENTS_MS + 1_000);
    let again = Identity { device: OTHER, ..identity() };
    let ways: [fn(&mut Store, Identity); 2] =
        [|store, _| store.new_epoch(2).unwrap(), |store, again| store.enrol(again).unwrap()];
    for leave in ways {
        let mut store = in_memory();
        let mut site = Ledger::new(Stream::Site);
        let sent: Vec<Event> =
            (1..=4).map(|n| confirm(&mut store, n, receipt("A", "2027-01-31", 1)).event).collect();
        site.add(&sent[0], Status::Accepted);
        site.send(&mut store).unwrap();
        // A copy of this device has sent its own second and third event, and all of that is in a backup.
        store.apply_pull(&PullReply { backed_up_through: 3, ..site.page(1, 1) }, NOW).unwrap();
        leave(&mut store, again.clone());
        store.apply_pull(&PullReply { backed_up_through: 3, ..site.page(1, 1) }, NOW).unwrap();
        for event in &sent[1..] {
            site.add(event, Status::Accepted);
        }
        site.send(&mut store).unwrap();
        purge(&mut store, later);
        let kept = (1..=4).map(|number| store.event(id(number)).unwrap().is_some()).collect::<Vec<_>>();
        assert_eq!(kept, [false, true, true, true], "only what was sent and backed up in its own epoch goes");
    }
}

/// The server was put back to before this device was enrolled: it is enrolled again, and what was lost is sent again.
#[test]
fn a_device_that_is_enrolled_again_after_a_restore_sends_what_the_server_lost() {
    let mut store = in_memory();
    (1..=2).for_each(|number| drop(confirm(&mut store, number, receipt("A", "2027-01-31", 1))));
    let sent = store.outbox(0, 10, usize::MAX).unwrap();
    store.apply_push(&acked(&sent, Status::Accepted, 1), NOW).unwrap();
    let restored = ServerEpoch(Uuid::from_u128(0xE2));
    // It may have lost what this site has sent: nobody goes to another one now.
    let elsewhere = Identity { site: SiteId(2), server_epoch: restored, ..identity() };
    assert!(matches!(store.enrol(elsewhere), Err(StoreError::Unsent { pending: 2 })));
    store.enrol(Identity { device: OTHER, server_epoch: restored, ..identity() }).unwrap();
    let known = store.identity().unwrap().unwrap().server_epoch;
    assert_ne!(known, restored, "the first hello says that it was restored");
    store.rewind_after_epoch_change(restored, 0, None, NOW).unwrap();
    let again = store.outbox(0, 10, usize::MAX).unwrap();
    let bytes = |events: &[Envelope]| events.iter().map(|one| one.bytes.clone()).collect::<Vec<_>>();
    assert_eq!(bytes(&again), bytes(&sent));
}

/// Each push names the chain before its first event: where that is not kept any more, the sequence begins anew.
#[test]
fn what_waits_can_be_sent_whatever_was_purged() {
    // The server comes back with so many of the four events of which the first two were let go.
    for restored in 0..=4 {
        let mut store = in_memory();
        let mut site = Ledger::new(Stream::Site);
        for number in 1..=4 {
            let event = confirm(&mut store, number, receipt("A", "2027-01-31", 1)).event;
            site.add(&event, Status::Accepted);
        }
        site.send(&mut store).unwrap();
        store.apply_pull(&PullReply { backed_up_through: 2, ..site.page(4, 4) }, NOW).unwrap();
        assert_eq!(purge(&mut store, NOW.plus_ms(KEEP_EVENTS_MS + 1_000)), 2);
        store.rewind_after_epoch_change(ServerEpoch(Uuid::from_u128(0xE2)), restored, None, NOW).unwrap();
        let acked = if store.epoch().unwrap() == 1 { restored } else { 0 };
        let waiting = store.outbox(acked, 10, usize::MAX).unwrap();
        assert_eq!(waiting.len() as u64, store.pending(), "{restored}");
        if let Some(first) = waiting.first() {
            store.chain_before(first.seq).unwrap_or_else(|error| panic!("{restored}: {error}"));
        }
    }
    // A month in a drawer with an event that was not sent.
    let mut store = in_memory();
    let mut site = Ledger::new(Stream::Site);
    for number in 1..=3 {
        let event = confirm(&mut store, number, receipt("A", "2027-01-31", 1)).event;
        if number < 3 {
            site.add(&event, Status::Accepted);
        }
    }
    site.send(&mut store).unwrap();
    store.apply_pull(&PullReply { backed_up_through: 2, ..site.page(2, 2) }, NOW).unwrap();
    purge(&mut store, NOW.plus_ms(KEEP_EVENTS_MS + 1_000));
    let waiting = store.outbox(2, 10, usize::MAX).unwrap();
    assert_eq!((waiting.len(), waiting[0].seq), (1, 3));
    store.chain_before(3).unwrap();
}

#[test]
fn a_device_does_not_leave_with_unsent_events() {
    let mut store = in_memory();
    master().send(&mut store).unwrap();
    confirm(&mut store, 1, receipt("A", "2027-01-31", 1));
    let elsewhere = Identity { site: SiteId(2), ..identity() };
    assert!(matches!(store.enrol(elsewhere.clone()), Err(StoreError::Unsent { pending: 1 })));
    // A new device id at the same site takes them along.
    let device = DeviceId(Uuid::from_u128(0xD9));
    store.enrol(Identity { device, ..identity() }).unwrap();
    assert_eq!((store.pending(), at_dock(&store, "A")), (1, 1));
    let sent = store.outbox(0, 10, usize::MAX).unwrap();
    assert_eq!((sent.len(), sent[0].seq), (1, 1), "the new device's sequence begins");
    store.apply_push(&acked(&sent, Status::Accepted, 1), NOW).unwrap();
    // What was acknowledged stays with the old device; its sequence is given to nobody.
    store.enrol(identity()).unwrap();
    assert_eq!(store.identity().unwrap().map(|identity| identity.epoch), Some(3));
    assert_eq!((store.pending(), confirm(&mut store, 2, receipt("A", "2027-01-31", 1)).seq), (0, 1));
    let sent = store.outbox(0, 10, usize::MAX).unwrap();
    assert_eq!(store.chain_before(1).unwrap(), Hash::default());
    assert_eq!(sent[0].hash, Hash::chain(Hash::default(), sent[0].bytes.as_bytes()));
    store.apply_push(&acked(&sent, Status::Accepted, 2), NOW).unwrap();
    store.enrol(elsewhere).unwrap();
    assert_eq!((at_dock(&store, "A"), store.item(MILK).unwrap()), (0, None));
}
