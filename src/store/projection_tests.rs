//! The file's projections are the ledger's fold, whatever the order in which confirming, pushing and pulling meet.

use super::row::{label, lot_key};
use super::{Draft, Identity, Store};
use crate::domain::*;
use crate::ledger::arbitrary::{event, plain_body, undo_of};
use crate::ledger::{Setting, Stock, fold_entries};
use crate::sync::wire::*;
use proptest::prelude::*;
use sha2::{Digest, Sha256};
use std::collections::{BTreeMap, BTreeSet};
use uuid::Uuid;

const OWN: u128 = 1;
const NOW: Timestamp = Timestamp(1_000);

#[derive(Debug, Clone)]
enum Step {
    /// This device confirms this, or takes back the event of that number.
    Confirm(Body, Option<usize>),
    /// Another device's event reaches the server.
    Foreign(Body, Option<usize>),
    /// So many waiting events reach the server, which says this; the answer may be lost.
    Push(usize, Status, bool),
    /// So many entries are read.
    Pull(usize),
    Snapshot,
    /// The server is restored to so many entries fewer.
    Restore(usize),
}

fn step() -> impl Strategy<Value = Step> {
    let status = prop::sample::select(vec![
        Status::Accepted,
        Status::Accepted,
        Status::Flagged,
        Status::Refused,
        Status::Quarantined,
    ]);
    let undo = || prop::option::weighted(0.2, 0_usize..20);
    prop_oneof![
        6 => (plain_body(), undo()).prop_map(|(body, undo)| Step::Confirm(body, undo)),
        4 => (plain_body(), undo()).prop_map(|(body, undo)| Step::Foreign(body, undo)),
        3 => (1_usize..5, status, any::<bool>()).prop_map(|(n, status, lost)| Step::Push(n, status, lost)),
        4 => (0_usize..6).prop_map(Step::Pull),
        1 => Just(Step::Snapshot),
        1 => (0_usize..6).prop_map(Step::Restore),
    ]
}

struct Own {
    event: Event,
    seq: u64,
    acked: Option<Option<u64>>,
    pending: bool,
}

struct World {
    store: Store,
    ledger: Vec<(Event, Status, u64)>,
    heads: Vec<Head>,
    own: Vec<Own>,
    number: u128,
    incarnation: u128,
    stale: bool,
    snapshots: bool,
    with_snapshots: bool,
}

impl World {
    fn new(with_snapshots: bool) -> Self {
        let mut store = Store::open_in_memory().unwrap();
        store
            .enrol(Identity {
                device: DeviceId(Uuid::from_u128(OWN)),
                epoch: 1,
                key: crate::domain::DeviceKey::from_seed(&[1; 32]),
                site: SiteId(1),
                server_id: Uuid::nil(),
                server_epoch: ServerEpoch(Uuid::from_u128(0)),
                server_url: String::new(),
                roots: String::new(),
                name: String::new(),
            })
            .unwrap();
        for (id, walk) in [(1, 30), (2, 10)] {
            let (id, kind) = (LocationId(id), LocationKind::Storage);
            let place = Location { id, code: String::new(), kind, zone: String::new(), walk, active: true };
            super::master::put(&store.db, &MasterRecord::Location(place)).unwrap();
        }
        let (ledger, heads, own) = (Vec::new(), vec![Head::default()], Vec::new());
        let (number, incarnation, stale, snapshots) = (100, 0, false, false);
        Self { store, ledger, heads, own, number, incarnation, stale, snapshots, with_snapshots }
    }

    fn body(&mut self, body: Body, undo: Option<usize>, own: bool) -> Body {
        // Another device takes back what the server has; this one also what only it has.
        let reach = if own { self.own.as_slice() } else { &[] };
        let known: Vec<&Event> =
            self.ledger.iter().map(|(event, ..)| event).chain(reach.iter().map(|own| &own.event)).collect();
        if let Some(target) = undo.and_then(|n| known.get(n))
            && !matches!(target.body, Body::Undo(_))
            // Nobody is offered to take back what he sees taken back.
            && !(own && self.store.is_undone(target.id).unwrap())
        {
            return undo_of(target);
        }
        // An order is closed once, so that a snapshot, which counts no closings, says the same.
        let closes =
            |event: &&Event| matches!(event.body, Body::CloseOrder(_)) || matches!(event.body, Body::Undo(_));
        match body {
            Body::CloseOrder(_) if known.iter().any(closes) => {
                Body::Park(Park { bytes_hex: "00".into(), screen: "home".into() })
            }
            other => other,
        }
    }

    fn apply(&mut self, step: Step) {
        match step {
            Step::Confirm(body, undo) => {
                let body = self.body(body, undo, true);
                self.number += 1;
                let id = EventId(Uuid::from_u128(self.number));
                let at = Timestamp(i64::try_from(self.number % 7).unwrap());
                // What cannot be frozen is refused, and changes nothing.
                if let Ok(done) = self.store.confirm(Draft { id, operator: UserId(1), at, body }) {
                    self.own.push(Own { event: done.event, seq: done.seq, acked: None, pending: true });
                }
            }
            Step::Foreign(body, undo) => {
                let body = self.body(body, undo, false);
                self.number += 1;
                let foreign = event(self.number, 2, i64::try_from(self.number % 5).unwrap(), body);
                if foreign.encode().is_ok() {
                    self.enter(foreign, Status::Accepted, 0);
                }
            }
            Step::Push(n, status, lost) => self.push(n, status, lost),
            Step::Pull(n) => self.pull(n),
            Step::Snapshot if self.with_snapshots => self.snapshot(),
            Step::Snapshot => {}
            Step::Restore(fewer) => self.restore(fewer),
        }
    }

    fn enter(&mut self, event: Event, status: Status, seq: u64) -> u64 {
        let head = *self.heads.last().unwrap();
        let hash = Hash::chain_stream(head.hash, head.seq + 1, status, &event.encode().unwrap());
        self.heads.push(Head { seq: head.seq + 1, hash });
        self.ledger.push((event, status, seq));
        head.seq + 1
    }

    fn cursor(&self) -> usize {
        usize::try_from(self.store.cursor(Stream::Site).unwrap().seq).unwrap()
    }

    fn push(&mut self, n: usize, status: Status, lost: bool) {
        let mut results = Vec::new();
        for envelope in self.store.outbox(0, n, usize::MAX).unwrap() {
            let event = Event::decode(envelope.bytes.as_bytes()).unwrap();
            let (event_id, seq) = (Some(event.id), envelope.seq);
            let known = self.ledger.iter().position(|(known, ..)| known.id == event.id);
            let (status, stream_seq) = match known {
                Some(place) => (Status::Duplicate, place as u64 + 1),
                None => (status, self.enter(event, status, seq)),
            };
            results.push(PushResult { seq, event_id, status, stream_seq, reason: None });
        }
        let Some(last) = results.last().map(|result| result.seq) else { return };
        if lost {
            return;
        }
        let cursor = self.cursor() as u64;
        for result in &results {
            let own = self.own.iter_mut().find(|own| own.seq == result.seq).unwrap();
            own.acked = Some(Some(result.stream_seq));
            own.pending &= self.stale || result.stream_seq > cursor;
        }
        let reply = PushReply { acked_through: last, results, retry_after_s: None };
        self.store.apply_push(&reply, NOW).unwrap();
    }

    fn pull(&mut self, n: usize) {
        let from = self.cursor();
        let to = (from + n).min(self.ledger.len());
        let entry = |(place, (event, status, seq)): (usize, &(Event, Status, u64))| EventEntry {
            stream_seq: (from + place) as u64 + 1,
            status: *status,
            received: NOW,
            device: event.device,
            epoch: 1,
            seq: *seq,
            bytes: String::from_utf8(event.encode().unwrap()).unwrap(),
        };
        let events: Vec<EventEntry> = self.ledger[from..to].iter().enumerate().map(entry).collect();
        let (next, head) = (self.heads[to], *self.heads.last().unwrap());
        let (stream, records) = (Stream::Site, Vec::new());
        let page =
            PullReply { stream, events, records, next, head, backed_up_through: 0, backed_up_epoch: 0 };
        self.store.apply_pull(&page, NOW).unwrap();
        self.store.apply_pull(&page, NOW).unwrap();
        let newest = self.ledger[from..to].iter().map(|(.., seq)| *seq).max().unwrap_or(0);
        for own in &mut self.own {
            own.pending &= !self.ledger[from..to].iter().any(|(event, ..)| event.id == own.event.id);
            // What was sent before an event that comes back was acknowledged too, and is in the base.
            if own.seq <= newest {
                own.acked = own.acked.or(Some(None));
                own.pending = false;
            }
        }
        self.stale = false;
    }

    fn base(&self, entries: usize) -> Stock {
        let entries = self.ledger[..entries].iter().map(|(event, status, _)| (event, status.has_effect()));
        fold_entries(Setting::default(), entries).0
    }

    fn snapshot(&mut self) {
        let base = self.base(self.ledger.len());
        let head = *self.heads.last().unwrap();
        let server_epoch = ServerEpoch(Uuid::from_u128(self.incarnation));
        let mut rows = Vec::new();
        rows.extend(
            base.lots().map(|lot| SnapshotRow::Lot { facts: lot.facts.clone(), received: lot.received }),
        );
        rows.extend(base.balances().map(|(key, balance)| SnapshotRow::Stock {
            key: key.clone(),
            units: balance.quantity.units(),
            since: balance.since,
        }));
        // Stock before its lot is filed anew when the lot comes.
        rows.reverse();
        rows.extend(base.origins().cloned().map(SnapshotRow::Origin));
        rows.extend(base.destinations().cloned().map(SnapshotRow::Destination));
        rows.extend(base.all_progress().cloned().map(SnapshotRow::Progress));
        rows.extend(base.holds().map(SnapshotRow::Hold));
        rows.extend(base.closed().map(SnapshotRow::Closed));
        let (stream, undone) = (Stream::Site, base.undone().collect());
        let header = SnapshotHeader { stream, server_epoch, head, rows: rows.len() as u64, undone };
        let mut text = serde_json::to_string(&header).unwrap() + "\n";
        for row in &rows {
            text += &(serde_json::to_string(row).unwrap() + "\n");
        }
        let digest = Hash(Sha256::digest(text.as_bytes()).into());
        text += &(serde_json::to_string(&SnapshotRow::End { digest }).unwrap() + "\n");
        if !text.contains("1000000001") && serde_lines(&text) {
            self.store.apply_snapshot(text.as_bytes(), NOW).unwrap();
            for own in &mut self.own {
                own.pending &= own.acked.is_none_or(|at| at.is_some_and(|at| at > head.seq));
            }
            self.stale = false;
            self.snapshots = true;
        }
    }

    fn restore(&mut self, fewer: usize) {
        self.ledger.truncate(self.ledger.len().saturating_sub(fewer));
        self.heads.truncate(self.ledger.len() + 1);
        self.incarnation += 1;
        let last = self.ledger.iter().map(|(.., seq)| *seq).max().unwrap_or(0);
        let epoch = ServerEpoch(Uuid::from_u128(self.incarnation));
        self.store.rewind_after_epoch_change(epoch, last, None, NOW).unwrap();
        for own in &mut self.own {
            // Hello acknowledges nothing: what no answer had acknowledged is sent again.
            own.acked = own.acked.filter(|_| own.seq <= last).map(|_| None);
            own.pending |= own.seq > last;
        }
        self.stale = true;
        // The restored server's control stream; here it is empty, and the stops come with the ledger.
        let (next, head) = (Head::default(), Head::default());
        let (events, records) = (Vec::new(), Vec::new());
        let page = PullReply {
            stream: Stream::Control,
            events,
            records,
            next,
            head,
            backed_up_through: 0,
            backed_up_epoch: 0,
        };
        self.store.apply_pull(&page, NOW).unwrap();
    }

    /// What is shown is the fold of what was read and of what is pending.
    fn check(&self) {
        let waiting: BTreeSet<EventId> =
            self.own.iter().filter(|own| own.acked.is_none()).map(|own| own.event.id).collect();
        let read = &self.ledger[..self.cursor()];
        // An event whose acknowledgement was lost and that a snapshot brought counts twice until it is sent again.
        let twice = |own: &Own| own.pending && read.iter().any(|(event, ..)| event.id == own.event.id);
        if self.stale || self.own.iter().any(twice) {
            return;
        }
        assert!(self.store.pending() <= waiting.len() as u64);
        assert_eq!(self.store.enrolled(), self.store.identity().unwrap().as_ref());
        let base = self.base(self.cursor());
        let pending = || self.own.iter().filter(|own| own.pending).map(|own| &own.event);
        let (mut shown, mut held) = (base.clone(), base);
        for event in pending() {
            shown.apply(event, true);
            held.apply(event, !matches!(event.body, Body::Release(_) | Body::Undo(_)));
        }
        self.check_stock(&shown);
        self.check_trace(&shown);
        let mut holds: Vec<HoldState> = held.holds().filter(|state| !state.released).collect();
        let mut stored = self.store.holds().unwrap();
        holds.sort_by_key(|state| state.id);
        stored.sort_by_key(|state| state.id);
        assert_eq!(stored, holds, "holds");
        if !self.snapshots {
            let sql = "SELECT order_id FROM order_closed WHERE base + pending > 0 ORDER BY order_id";
            let closed = self.store.rows(sql, (), |row| row.get(0).map(OrderId)).unwrap();
            assert_eq!(closed, shown.closed().collect::<Vec<_>>(), "closed orders");
        }
    }

    fn check_stock(&self, shown: &Stock) {
        let real: BTreeMap<StockKey, i64> = shown
            .balances()
            .filter(|(key, _)| !key.place.location.is_virtual())
            .map(|(key, balance)| (key.clone(), balance.quantity.units()))
            .collect();
        let sql =
            "SELECT item, lot, serial, location, hu, base + pending FROM stock WHERE base + pending <> 0";
        let stored = self.store.rows(sql, (), |row| {
            let LotKey { item, lot } = lot_key(row, 0, 1)?;
            let place = Place { location: LocationId(row.get(3)?), hu: label(row, 4)? };
            Ok((StockKey { item, lot, serial: label(row, 2)?, place }, row.get(5)?))
        });
        let stored: Vec<(StockKey, i64)> = stored.unwrap();
        assert_eq!(stored.len(), real.len(), "one row for each balance");
        assert_eq!(stored.into_iter().collect::<BTreeMap<_, _>>(), real, "balances");
        for (key, units) in &real {
            assert_eq!(self.store.balance(key).unwrap().units(), *units, "{key:?} is found by its key");
        }
        let free =
            "SELECT id FROM location EXCEPT SELECT location FROM stock WHERE base + pending <> 0 ORDER BY id";
        let free: Vec<i64> = self.store.rows(free, (), |row| row.get(0)).unwrap();
        let found = self.store.first_empty_location("").unwrap().map(|place| place.id.0);
        assert_eq!(found.is_some(), !free.is_empty(), "an empty place among {free:?}");
        assert!(found.is_none_or(|found| free.contains(&found)), "{found:?} is empty: {free:?}");
        for item in [ItemId(1), ItemId(2)] {
            let candidates = self.store.candidates(item, usize::MAX).unwrap();
            assert!(candidates.is_sorted(), "first expiry first: {candidates:#?}");
            assert_eq!(candidates.len(), real.keys().filter(|key| key.item == item).count());
        }
    }

    fn check_trace(&self, shown: &Stock) {
        for known in shown.lots() {
            let key = LotKey { item: known.facts.item, lot: Some(known.facts.lot.clone()) };
            let stored = self.store.lot(&key).unwrap().unwrap();
            assert_eq!((stored.facts, stored.received), (known.facts.clone(), known.received), "passport");
            let mut expected: Vec<&Origin> = shown.origins().filter(|from| from.lot == key).collect();
            let mut stored = self.store.origins(&key).unwrap();
            expected.sort_by_key(|from| from.event);
            stored.sort_by_key(|from| from.event);
            assert_eq!(stored.iter().collect::<Vec<_>>(), expected, "origins");
        }
        let lots: i64 = self.store.db.query_row("SELECT count(*) FROM lot", (), |row| row.get(0)).unwrap();
        assert_eq!(lots, shown.lots().count() as i64, "passports");
        for order in [OrderId(1), OrderId(2)] {
            let empty =
                |row: &&Progress| (row.received, row.picked, row.dispatched, row.short) != (0, 0, 0, 0);
            let of_order = |row: &&Progress| row.order == order;
            let mut expected: Vec<Progress> =
                shown.all_progress().filter(of_order).filter(empty).cloned().collect();
            let mut stored = self.store.progress(order).unwrap();
            stored.retain(|row| empty(&row));
            for rows in [&mut expected, &mut stored] {
                rows.sort_by_key(|row| (row.line, row.lot.clone(), row.serial.clone()));
            }
            assert_eq!(stored, expected, "progress of {order:?}");
            let mut expected: Vec<&Destination> =
                shown.destinations().filter(|to| to.order == order).collect();
            let mut stored = self.store.destinations_of_order(order).unwrap();
            expected.sort_by_key(|to| (to.event, to.lot.clone(), to.serial.clone(), to.line, to.customer));
            stored.sort_by_key(|to| (to.event, to.lot.clone(), to.serial.clone(), to.line, to.customer));
            assert_eq!(stored.iter().collect::<Vec<_>>(), expected, "destinations");
        }
    }
}

/// A sum that is too large for one line cannot travel in a snapshot's origin; such a world is not taken.
fn serde_lines(text: &str) -> bool {
    text.lines().skip(1).all(|line| serde_json::from_str::<SnapshotRow>(line).is_ok())
}

/// This device's move is at the server; another device takes it back, and this one does too, before or after a snapshot
/// has brought the other's.
fn taken_back_twice(then: [Step; 2]) {
    let mut world = World::new(true);
    let (from, to) = (Place::at(LocationId::SUPPLIER), Place::at(LocationId(1)));
    let (item, lot, quantity) = (ItemId(1), Some("A".parse().unwrap()), Quantity::new(5).unwrap());
    let line = Movement { item, lot, serial: None, quantity, from, to, line: None };
    let body = Body::Move(Move { kind: MoveKind::Move, lines: vec![line] });
    let steps = [Step::Confirm(body.clone(), None), Step::Push(9, Status::Accepted, false), Step::Pull(9)];
    for step in steps.into_iter().chain([Step::Foreign(body, Some(0))]).chain(then) {
        world.apply(step);
        world.check();
    }
    assert!(
        world.store.rows("SELECT 1 FROM stock", (), |_| Ok(())).unwrap().is_empty(),
        "it is taken back once"
    );
    world.push(usize::MAX, Status::Refused, false);
    world.pull(usize::MAX / 2);
    world.check();
}

/// Takes back the first event of the ledger.
fn take_back() -> Step {
    Step::Confirm(Body::Park(Park { bytes_hex: "00".into(), screen: "home".into() }), Some(0))
}

#[test]
fn a_snapshot_brings_what_another_took_back_and_what_waits_counts_no_more() {
    taken_back_twice([take_back(), Step::Snapshot]);
}

#[test]
fn what_a_snapshot_says_is_taken_back_is_not_taken_back_again() {
    taken_back_twice([Step::Snapshot, take_back()]);
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(256))]

    #[test]
    fn shown_is_the_fold_of_what_was_read_and_what_is_pending(
        snapshots in any::<bool>(),
        steps in prop::collection::vec(step(), 1..40),
    ) {
        let mut world = World::new(snapshots);
        for step in steps {
            world.apply(step);
            world.check();
        }
        // Quiet: everything was sent, everything was read.
        world.push(usize::MAX, Status::Accepted, false);
        world.push(usize::MAX, Status::Accepted, false);
        world.pull(usize::MAX / 2);
        world.check();
        prop_assert_eq!(world.store.pending(), 0);
        prop_assert!(world.own.iter().all(|own| !own.pending));
        let pending = "SELECT count(*) FROM stock WHERE pending <> 0";
        let pending: i64 = world.store.db.query_row(pending, (), |row| row.get(0)).unwrap();
        prop_assert_eq!(pending, 0, "nothing is pending when it is quiet");
    }
}
