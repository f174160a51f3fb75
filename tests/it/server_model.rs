//! Whatever order, pieces and repetitions events arrive in, the projections are the fold from zero and the
//! stock is the same.

use crate::server_database::{Db, on_every_database};
use crate::server_support::{Handheld, MORNING, TestServer, movement};
use firstout::demo::Rng;
use firstout::domain::{
    Body, Count, CountLine, Dispatch, Disposal, EventId, Hold, HoldKind, HoldTarget, LocationId, LotFacts,
    LotNumber, Move, MoveKind, Movement, OrderId, PartyId, Pick, Quantity, Reason, Receipt, Short, StockKey,
    Timestamp, Undo,
};
use firstout::server::storage::StorageError;
use firstout::sync::wire::{SnapshotRow, Status};
use std::collections::{BTreeMap, BTreeSet};

const SEEDS: u64 = 6;
const EVENTS: usize = 60;

fn line(rng: &mut Rng, from: &[i64], to: &[i64]) -> Movement {
    let lot = rng.pick(&["L1", "L2", "L3"]).copied().unwrap();
    let (from, to) = (*rng.pick(from).unwrap(), *rng.pick(to).unwrap());
    Movement {
        line: rng.pick(&[None, Some(1), Some(2)]).copied().unwrap(),
        ..movement(lot, rng.range(1, 9), from, to)
    }
}

fn lot(rng: &mut Rng) -> LotFacts {
    let item = firstout::domain::ItemId(7);
    let lot = LotNumber::new(rng.pick(&["L1", "L2", "L3"]).unwrap()).unwrap();
    let expiry = rng.chance(50).then(|| format!("2027-0{}-01", rng.range(1, 9)).parse().unwrap());
    let vintage = rng.chance(20).then(|| "2024".to_owned());
    LotFacts {
        item,
        lot,
        expiry,
        best_before: None,
        produced: None,
        supplier_lot: None,
        vintage,
        origin: None,
    }
}

fn body(rng: &mut Rng, earlier: &mut Vec<(EventId, Body)>) -> Body {
    const SHELF: [i64; 3] = [10, 20, 30];
    let order = OrderId(rng.range(1, 2));
    let customer = PartyId(1);
    match rng.range(0, 10) {
        10 => {
            let Movement { item, lot, from: place, .. } = line(rng, &SHELF, &SHELF);
            let key = StockKey { item, lot, serial: None, place };
            let [counted, expected] = [(); 2].map(|()| Quantity::balance(rng.range(0, 9)));
            Body::Count(Count { lines: vec![CountLine { key, counted, expected }], synced_to: 0 })
        }
        0..=3 => {
            let lines = (0..rng.range(1, 3)).map(|_| line(rng, &[-1], &SHELF)).collect();
            let (supplier, order) = (Some(PartyId(2)), rng.chance(50).then_some(order));
            Body::Receipt(Receipt {
                order,
                supplier,
                lots: (0..rng.range(1, 2)).map(|_| lot(rng)).collect(),
                lines,
                reason: None,
            })
        }
        4 => Body::Move(Move { kind: MoveKind::Move, lines: vec![line(rng, &SHELF, &SHELF)] }),
        5 => Body::Pick(Pick { order, lines: vec![line(rng, &SHELF, &[40])], fefo: None }),
        6 => Body::Dispatch(Dispatch { order, customer, lines: vec![line(rng, &[40], &[-2])] }),
        7 => Body::Disposal(Disposal { lines: vec![line(rng, &SHELF, &[-5])], reason: Reason::Damaged }),
        8 if rng.chance(50) => {
            let target = HoldTarget::Location(LocationId(20));
            let (kind, reason) = (HoldKind::Quarantine, Reason::Quality);
            Body::Hold(Hold { target, kind, reason, note: String::new() })
        }
        8 => {
            let moved = line(rng, &SHELF, &[40]);
            Body::Short(Short {
                order,
                line: 1,
                item: moved.item,
                quantity: moved.quantity,
                reason: Reason::NotFound,
            })
        }
        _ => match earlier.pop() {
            Some((event, body)) => Body::Undo(Undo { event, body: Box::new(body) }),
            None => Body::Move(Move { kind: MoveKind::PutAway, lines: vec![line(rng, &[10], &[20])] }),
        },
    }
}

/// The same work on every server: it depends on the seed alone.
fn work(handheld: &mut Handheld, rng: &mut Rng) {
    let mut earlier = Vec::new();
    for _ in 0..EVENTS {
        let body = body(rng, &mut earlier);
        let id = handheld.confirm(body.clone());
        if !matches!(body, Body::Undo(_) | Body::Hold(_)) {
            earlier.push((id, body));
        }
    }
}

fn stock(handheld: &Handheld) -> BTreeMap<String, i64> {
    let text = zstd::decode_all(&*handheld.get("/v1/snapshot/site").body).unwrap();
    let rows = text.split(|byte| *byte == b'\n').skip(1).filter(|line| !line.is_empty());
    rows.filter_map(|line| match serde_json::from_slice(line).unwrap() {
        SnapshotRow::Stock { key, units, .. } => Some((serde_json::to_string(&key).unwrap(), units)),
        _ => None,
    })
    .collect()
}

fn assert_sound(server: &TestServer, seed: u64) {
    let verified = server.background.run::<_, StorageError, _>(async |storage| storage.verify().await);
    assert_eq!(verified.unwrap().problems, Vec::<String>::new(), "seed {seed}");
}

/// In pieces, the devices mixed, much of it twice.
fn push_mixed(handhelds: &[Handheld], rng: &mut Rng) {
    let mut done = vec![0; handhelds.len()];
    while done.iter().any(|done| *done < EVENTS) {
        let who = usize::try_from(rng.range(0, handhelds.len() as i64 - 1)).unwrap();
        let back = usize::try_from(rng.range(0, 5)).unwrap().min(done[who]);
        let from = done[who] - back;
        let to = (done[who] + usize::try_from(rng.range(0, 12)).unwrap()).min(EVENTS);
        if from == to {
            continue;
        }
        let reply = handhelds[who].push(from, to);
        assert!(reply.results[..back].iter().all(|result| result.status == Status::Duplicate));
        done[who] = to;
    }
}

fn any_order_gives_the_same_stock_and_the_fold(db: Db) {
    for seed in 0..SEEDS {
        let servers = [TestServer::start(db, "model-straight"), TestServer::start(db, "model-mixed")];
        let stocks = servers.each_ref().map(|server| {
            let mut handhelds = ["A", "B", "C"].map(|name| server.enrol(name));
            for (handheld, n) in handhelds.iter_mut().zip(0..) {
                work(handheld, &mut Rng::new(seed * 10 + n));
            }
            if server.data == servers[0].data {
                handhelds.iter().for_each(|handheld| drop(handheld.push_all()));
            } else {
                push_mixed(&handhelds, &mut Rng::new(seed));
            }
            assert_sound(server, seed);
            stock(&handhelds[0])
        });
        assert!(stocks[0].len() > 5, "seed {seed}");
        assert_eq!(stocks[0], stocks[1], "seed {seed}");
    }
}

/// What a push has read of its lots, stops and counts is kept until its end: its later events see the earlier ones.
fn a_push_is_judged_event_by_event(db: Db) {
    let mut reasons = BTreeSet::new();
    for seed in 0..SEEDS {
        let mut rng = Rng::new(seed);
        let (whole, pieces) = (TestServer::start(db, "model-whole"), TestServer::start(db, "model-pieces"));
        // A device that was enrolled anew brings events of its old self.
        let mut makers = ["A", "B"].map(|name| whole.enrol(name));
        let [mut together, mut apart] = [whole.enrol("C"), pieces.enrol("C")];
        let mut earlier = Vec::new();
        for n in 0..EVENTS {
            let maker = &mut makers[n % 2];
            maker.now = Timestamp(MORNING + rng.range(0, 60_000));
            let body = body(&mut rng, &mut earlier);
            let event = maker.event(1, body.clone());
            if !matches!(body, Body::Undo(_)) {
                earlier.push((event.id, body));
            }
            let bytes = String::from_utf8(event.encode().unwrap()).unwrap();
            together.chain(bytes.clone());
            apart.chain(bytes);
        }
        let of_one = together.push_all().results;
        let of_many = (0..EVENTS).flat_map(|n| apart.push(n, n + 1).results);
        for (one, other) in of_one.iter().zip(of_many) {
            let seq = one.seq;
            assert_eq!((one.status, &one.reason), (other.status, &other.reason), "seed {seed}, event {seq}");
        }
        reasons.extend(of_one.into_iter().filter_map(|result| result.reason));
        assert_sound(&whole, seed);
    }
    let expected = ["count_overtaken", "lot_dates_differ", "negative_balance", "taken_while_held"];
    assert!(expected.iter().all(|reason| reasons.contains(*reason)), "{reasons:?}");
}

on_every_database!(any_order_gives_the_same_stock_and_the_fold, a_push_is_judged_event_by_event,);
