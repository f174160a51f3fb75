//! A ledger of a million entries checked as `firstout-server verify --checkpoint` does it.

use crate::report::{Report, Times};
use crate::site::{Folder, NOW};
use firstout::domain::*;
use firstout::server::ingest::{Sender, check};
use firstout::server::storage::{Place as Database, PushOutcome, Storage};
use firstout::sync::wire::*;
use rusqlite::Connection;
use sha2::{Digest, Sha256};
use std::path::Path;
use std::time::Duration;
use tokio::runtime::Builder;
use uuid::Uuid;

const EVENTS: u64 = 1_000_000;
const LIMIT: Duration = Duration::from_secs(30);
const SITE: SiteId = SiteId(1);
const DEVICE: DeviceId = DeviceId(Uuid::from_u128(1));

fn movement(n: u64, from: i64, to: i64, units: i64) -> Movement {
    Movement {
        item: ItemId((n / 20 % 5_000) as i64 + 1),
        lot: LotNumber::new(&format!("L{:07}", n / 20)).ok(),
        serial: None,
        quantity: Quantity::new(units).expect("a few"),
        from: Place::at(LocationId(from)),
        to: Place::at(LocationId(to)),
        line: None,
    }
}

/// Of twenty events one brings a lot, the others move pieces of it to shelves.
fn event(n: u64) -> Event {
    let body = if n.is_multiple_of(20) {
        let line = movement(n, -1, 1, 400);
        let lots = vec![LotFacts {
            item: line.item,
            lot: line.lot.clone().expect("it has one"),
            expiry: day_from_number(21_000 + (n / 20 % 700) as i64),
            best_before: None,
            produced: None,
            supplier_lot: LotNumber::new("S-2026-11").ok(),
            vintage: None,
            origin: None,
        }];
        Body::Receipt(Receipt {
            order: None,
            supplier: Some(PartyId(1)),
            lots,
            lines: vec![line],
            reason: None,
        })
    } else {
        let to = 2 + (n % 20_000) as i64;
        Body::Move(Move { kind: MoveKind::PutAway, lines: vec![movement(n, 1, to, 20)] })
    };
    Event {
        v: EVENT_VERSION,
        id: EventId(Uuid::from_u128(u128::from(n) + 1)),
        site: SITE,
        device: DEVICE,
        operator: UserId(1),
        at: NOW.plus_ms(n as i64),
        skew_ms: Some(0),
        body,
    }
}

/// Takes the events in as pushes of a device.
async fn fill(storage: &Storage) {
    let server_epoch = storage.identity().await.expect("it says who it is").epoch;
    let mut at = Head::default();
    while at.seq < EVENTS {
        let (prev_hash, from) = (at.hash, at.seq);
        let events = (from..EVENTS.min(from + REQUEST_EVENTS_MAX as u64)).map(|n| {
            let bytes = String::from_utf8(event(n).encode().expect("an event")).expect("a text");
            at = Head { seq: n + 1, hash: Hash::chain(at.hash, bytes.as_bytes()) };
            Envelope { seq: at.seq, bytes, hash: at.hash }
        });
        let events = events.collect();
        let (epoch, signature) = (1, Signature([0; 64]));
        let request = PushRequest {
            device: DEVICE,
            epoch,
            server_epoch,
            device_now: NOW,
            prev_hash,
            events,
            signature,
        };
        let sender = Sender { site: SITE, device: DEVICE, key: None, revoked: false };
        let batch = check(request, sender, NOW).expect("well-formed");
        let taken = storage.push(batch).await.expect("it is saved");
        assert!(matches!(taken, PushOutcome::Stored(_)), "{taken:?}");
    }
}

/// Each entry's bytes read from the file and hashed once; the tree over them, too.
fn bare(file: &Path) -> (Hash, Times) {
    let db = Connection::open(file).expect("the file");
    let mut query = db.prepare("SELECT bytes FROM event ORDER BY stream_seq").expect("a query");
    let mut rows = query.query(()).expect("rows");
    let (mut last, mut tree, mut times) = (Hash::default(), Tree::default(), Times::default());
    let mut leaves = Vec::new();
    while let Some(row) = rows.next().expect("a row") {
        let bytes = row.get_ref(0).and_then(|text| Ok(text.as_str()?)).expect("a text");
        last = Hash(Sha256::digest(bytes).into());
        leaves.push(last);
    }
    times.measure(|| leaves.iter().for_each(|leaf| tree.push(*leaf)));
    (last, times)
}

pub fn run(report: &mut Report) {
    let folder = Folder::new("verify");
    let file = folder.file("firstout.sqlite");
    let runtime = Builder::new_multi_thread().worker_threads(2).enable_all().build().expect("a runtime");
    let (mut taken, mut hashed, mut verified) = (Times::default(), Times::default(), Times::default());
    let storage =
        runtime.block_on(Storage::open(&Database::Sqlite(file.clone()), &folder.file(""))).expect("open");
    taken.measure(|| runtime.block_on(fill(&storage)));
    let signed = runtime.block_on(storage.checkpoints(NOW)).expect("a checkpoint");
    let mut grown = Times::default();
    for _ in 0..3 {
        hashed.measure(|| grown = bare(&file).1);
        let found = verified.measure(|| runtime.block_on(storage.verify_against(signed.clone())));
        let found = found.expect("it can be read");
        assert_eq!((found.verdict, found.entries >= EVENTS), (Verdict::Intact, true), "{found:?}");
    }
    report.within("verify: 1,000,000 entries against a checkpoint", &verified, LIMIT);
    report.beside("… their bytes read and hashed once", &verified, &hashed);
    report.beside("… taking them in, against the tree's nodes", &taken, &grown);
}
