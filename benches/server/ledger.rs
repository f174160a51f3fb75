//! A ledger of years: 10,000,000 events of 500 devices about 1,000,000 lots at 20,000 places, taken in by the server's own
//! storage, so that every table is what pushes would have made of it. Only the wire and the signatures are left out.
//!
//! Lots come in the order of their items: the tables are the same in whatever order rows come in, and so they are
//! written from their beginning to their end, in minutes instead of hours.

use super::SITE;
use crate::site::{self, ITEMS, LOCATIONS, NOW};
use firstout::domain::*;
use firstout::server::ingest::{Sender, check};
use firstout::server::people::{NewUser, add};
use firstout::server::storage::{Place as Database, PushOutcome, Storage};
use firstout::sync::wire::{Envelope, Hash, Head, PushRequest, REQUEST_EVENTS_MAX, ServerEpoch};
use std::path::{Path, PathBuf};
use std::time::Instant;
use tokio::runtime::Runtime;
use uuid::Uuid;

/// Of each lot.
const STEPS: u64 = 10;
pub const DEVICES: u64 = 500;
pub const ORDERS: i64 = 20_000;
/// Pushes under way at the same time.
const AT_ONCE: u64 = 4;
/// Of so many lots one stays on its shelf.
const LEFT_OF: u64 = 10;
/// The form of what is made here; another one makes it anew.
const VERSION: u32 = 2;
pub const BADGE: &str = "SUP-1";
pub const PIN: &str = "246810";
/// One of so many lots is stopped.
const LOTS_PER_HOLD: u64 = 10_000;
const CUSTOMER: PartyId = PartyId(1);

pub struct Ledger {
    pub data: PathBuf,
    pub events: u64,
}

impl Ledger {
    /// The one in the build folder, or a new one.
    pub fn open(runtime: &Runtime, events: u64) -> Self {
        let name = format!("ledger-{events}-v{VERSION}");
        let data = PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join(name);
        if !data.exists() {
            let part = data.with_extension("part");
            let _ = std::fs::remove_dir_all(&part);
            std::fs::create_dir_all(&part).expect("a folder for the ledger");
            runtime.block_on(fill(&part, events));
            std::fs::rename(&part, &data).expect("the ledger gets its name");
        }
        Self { data, events }
    }

    pub fn place(&self) -> Database {
        Database::in_folder(&self.data)
    }

    pub fn lots(&self) -> u64 {
        self.events / STEPS
    }

    /// Lots that are stopped.
    pub fn holds(&self) -> u64 {
        self.lots().div_ceil(LOTS_PER_HOLD)
    }

    /// The event that placed a stop.
    pub fn hold(&self, n: u64) -> EventId {
        id(n * LOTS_PER_HOLD * STEPS + 2)
    }

    /// Item and number of a lot.
    pub fn lot(&self, n: u64) -> (ItemId, LotNumber) {
        lot(n, self.lots())
    }
}

pub fn device(n: u64) -> DeviceId {
    DeviceId(Uuid::from_u128(u128::from(n) + 1))
}

fn lot(n: u64, lots: u64) -> (ItemId, LotNumber) {
    let item = n * ITEMS as u64 / lots.max(1);
    (ItemId(item as i64 + 1), LotNumber::new(&format!("L{n:07}")).expect("a lot number"))
}

fn orders() -> impl Iterator<Item = MasterRecord> {
    let customer = MasterRecord::Party(Party {
        id: CUSTOMER,
        kind: PartyKind::Customer,
        code: "C-1".to_owned(),
        name: "A customer".to_owned(),
        days_on_dispatch: 0,
        active: true,
    });
    let orders = (1..=ORDERS).map(|id| {
        let lines = (1..=5).map(|line| OrderLine {
            line,
            item: ItemId((id * 7 + i64::from(line)) % ITEMS + 1),
            quantity: Quantity::new(300).expect("some"),
            lot: None,
            expiry: None,
            hu: None,
        });
        MasterRecord::Order(Order {
            id: OrderId(id),
            number: format!("SO-{id:06}"),
            direction: Direction::Outbound,
            kind: OrderKind::SalesOrder,
            party: CUSTOMER,
            due: day_from_number(site::TODAY + id % 30),
            status: OrderStatus::Open,
            lines: lines.collect(),
        })
    });
    std::iter::once(customer).chain(orders)
}

async fn fill(data: &Path, events: u64) {
    let began = Instant::now();
    let storage = Storage::open(&Database::in_folder(data), data).await.expect("a database");
    storage.append_master(SITE, site::records().chain(orders()).collect()).await.expect("master data");
    let (name, badge, pin) = ("Sue".to_owned(), BADGE.to_owned(), Some(PIN.to_owned()));
    let new = NewUser { name, badge, role: Role::Admin, language: String::new(), pin };
    add(&storage, SITE, new, "bench", NOW).await.expect("an administrator");
    for number in 0..DEVICES {
        super::enrol(&storage, usize::try_from(number).expect("not so many"), device(number)).await;
    }
    let epoch = storage.identity().await.expect("an identity").epoch;
    let parts = (0..AT_ONCE).map(|part| {
        let storage = storage.clone();
        tokio::spawn(async move { fill_part(&storage, epoch, events, part).await })
    });
    for part in parts.collect::<Vec<_>>() {
        part.await.expect("it is filled");
    }
    storage.close().await;
    eprintln!("  {events} events taken in within {:.0?}", began.elapsed());
}

/// A quarter of the devices, one after the other.
async fn fill_part(storage: &Storage, server_epoch: ServerEpoch, events: u64, part: u64) {
    let (share, each) = (DEVICES / AT_ONCE, events / DEVICES);
    for number in part * share..(part + 1) * share {
        let (mut head, mut n) = (Head::default(), number * each);
        let end = n + each;
        while n < end {
            let to = end.min(n + REQUEST_EVENTS_MAX as u64);
            let (prev_hash, at) = (head.hash, received(n, events));
            let envelopes = (n..to).map(|n| {
                let bytes =
                    String::from_utf8(event(n, number, events).encode().expect("an event")).expect("text");
                head = Head { seq: head.seq + 1, hash: Hash::chain(head.hash, bytes.as_bytes()) };
                Envelope { seq: head.seq, bytes, hash: head.hash }
            });
            let events = envelopes.collect();
            let (device, signature) = (device(number), Signature([0; 64]));
            let request =
                PushRequest { device, epoch: 1, server_epoch, device_now: at, prev_hash, events, signature };
            let sender = Sender { site: SITE, device, key: None, revoked: false };
            let batch = check(request, sender, at).expect("a good push");
            let stored = storage.push(batch).await.expect("it is saved");
            assert!(matches!(stored, PushOutcome::Stored(_)), "{stored:?}");
            n = to;
        }
        if number % share == share - 1 || number.is_multiple_of(25) {
            eprintln!("  … device {number} of {DEVICES}");
        }
    }
}

/// Two years, to the present.
fn received(n: u64, events: u64) -> Timestamp {
    const SPAN_MS: u64 = 2 * 365 * 86_400_000;
    let left = events.saturating_sub(n) as u128 * u128::from(SPAN_MS) / u128::from(events.max(1));
    NOW.plus_ms(-i64::try_from(left).expect("two years"))
}

/// A lot comes, is put away, picked in six pieces and sent; one of ten stays, counted, and some are odd.
fn event(n: u64, device_number: u64, events: u64) -> Event {
    let (lot_n, step) = (n / STEPS, n % STEPS);
    let (item, number) = lot(lot_n, events / STEPS);
    let (dock, staging) = (LocationId(1), LocationId(21 + (lot_n % 40) as i64));
    let shelf = LocationId(61 + (lot_n * 7_919 % (LOCATIONS as u64 - 60)) as i64);
    let order = OrderId((lot_n % ORDERS as u64) as i64 + 1);
    let stays = lot_n.is_multiple_of(LEFT_OF);
    let movement = |units: i64, from: LocationId, to: LocationId, line| Movement {
        item,
        lot: Some(number.clone()),
        serial: None,
        quantity: Quantity::new(units).expect("some"),
        from: Place::at(from),
        to: Place::at(to),
        line,
    };
    let moved = |units, from, to| {
        Body::Move(Move { kind: MoveKind::Move, lines: vec![movement(units, from, to, None)] })
    };
    let body = match step {
        0 => {
            let facts = LotFacts {
                item,
                lot: number.clone(),
                expiry: day_from_number(site::TODAY - 30 + (lot_n % 400) as i64),
                best_before: None,
                produced: None,
                supplier_lot: None,
                vintage: None,
                origin: None,
            };
            let lines = vec![movement(60, LocationId::SUPPLIER, dock, None)];
            Body::Receipt(Receipt { order: None, supplier: None, lots: vec![facts], lines, reason: None })
        }
        1 => moved(60, dock, shelf),
        // A hundred lots are stopped, and a thousand have a place that owes stock.
        2 if lot_n.is_multiple_of(LOTS_PER_HOLD) => Body::Hold(Hold {
            target: HoldTarget::Lot(LotKey { item, lot: Some(number.clone()) }),
            kind: HoldKind::Hold,
            reason: Reason::Quality,
            note: String::new(),
        }),
        2 if lot_n % 1_000 == 1 => moved(61, shelf, staging),
        2..=7 if stays => moved(1, shelf, shelf_beside(shelf)),
        2..=7 => Body::Pick(Pick { order, lines: vec![movement(10, shelf, staging, Some(1))], fefo: None }),
        8 if stays => moved(1, shelf_beside(shelf), shelf),
        8 => {
            let lines = vec![movement(60, staging, LocationId::CUSTOMER, Some(1))];
            Body::Dispatch(Dispatch { order, customer: CUSTOMER, lines })
        }
        _ => {
            let key = StockKey { item, lot: Some(number.clone()), serial: None, place: Place::at(dock) };
            let (counted, expected) = (Quantity::ZERO, Quantity::ZERO);
            Body::Count(Count { lines: vec![CountLine { key, counted, expected }], synced_to: n })
        }
    };
    Event {
        v: EVENT_VERSION,
        id: id(n),
        site: SITE,
        device: device(device_number),
        operator: UserId(1),
        at: received(n, events),
        skew_ms: Some(0),
        body,
    }
}

fn id(n: u64) -> EventId {
    EventId(Uuid::from_u128((1 << 100) + u128::from(n)))
}

fn shelf_beside(shelf: LocationId) -> LocationId {
    LocationId(if shelf.0 >= LOCATIONS { 61 } else { shelf.0 + 1 })
}
