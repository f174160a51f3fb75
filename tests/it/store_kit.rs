//! What the tests of the store share: a folder that goes away, an enrolled store, a small site and its events.

use firstout::domain::*;
use firstout::store::{Confirmed, Draft, Identity, Store, StoreError};
use firstout::sync::wire::{
    Envelope, EventEntry, Hash, Head, MasterEntry, PullReply, PushReply, PushResult, ServerEpoch, Status,
    Stream,
};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering};
use uuid::Uuid;

pub const NOW: Timestamp = Timestamp(1_795_000_000_000);
pub const OWN: DeviceId = DeviceId(Uuid::from_u128(0xD1));
pub const OTHER: DeviceId = DeviceId(Uuid::from_u128(0xD2));
pub const MILK: ItemId = ItemId(1);
pub const DOCK: LocationId = LocationId(1);
pub const SHELF: LocationId = LocationId(2);
pub const STAGING: LocationId = LocationId(3);

pub struct Folder(PathBuf);

impl Folder {
    pub fn new(name: &str) -> Self {
        static NUMBER: AtomicU64 = AtomicU64::new(0);
        let number = NUMBER.fetch_add(1, Ordering::Relaxed);
        let path = std::env::temp_dir().join(format!("firstout-{name}-{}-{number}", std::process::id()));
        std::fs::create_dir_all(&path).unwrap();
        Self(path)
    }

    pub fn file(&self) -> PathBuf {
        self.0.join("store.db")
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.0);
    }
}

pub fn identity() -> Identity {
    Identity {
        device: OWN,
        epoch: 1,
        key: firstout::domain::DeviceKey::from_seed(&[7; 32]),
        site: SiteId(1),
        server_id: Uuid::from_u128(0x5E),
        server_epoch: ServerEpoch(Uuid::from_u128(0xE1)),
        server_url: "https://server.test".into(),
        roots: "certificates".into(),
        name: "HH-01".into(),
    }
}

pub fn open(path: &Path) -> Store {
    Store::open(path, NOW).unwrap().0
}

pub fn enrolled(path: &Path) -> Store {
    let mut store = open(path);
    store.enrol(identity()).unwrap();
    store
}

pub fn in_memory() -> Store {
    let mut store = Store::open_in_memory().unwrap();
    store.enrol(identity()).unwrap();
    store
}

pub fn id(number: u128) -> EventId {
    EventId(Uuid::from_u128(number))
}

pub fn units(units: i64) -> Quantity {
    Quantity::new(units).unwrap()
}

pub fn lot(text: &str) -> LotNumber {
    LotNumber::new(text).unwrap()
}

pub fn lot_key(text: &str) -> LotKey {
    LotKey { item: MILK, lot: Some(lot(text)) }
}

pub fn stock_key(text: &str, location: LocationId) -> StockKey {
    StockKey { item: MILK, lot: Some(lot(text)), serial: None, place: Place::at(location) }
}

pub fn facts(text: &str, expiry: &str) -> LotFacts {
    LotFacts {
        item: MILK,
        lot: lot(text),
        expiry: Some(expiry.parse().unwrap()),
        best_before: None,
        produced: None,
        supplier_lot: None,
        vintage: None,
        origin: None,
    }
}

pub fn movement(text: &str, quantity: i64, from: LocationId, to: LocationId) -> Movement {
    Movement {
        item: MILK,
        lot: Some(lot(text)),
        serial: None,
        quantity: units(quantity),
        from: Place::at(from),
        to: Place::at(to),
        line: Some(1),
    }
}

pub fn receipt(text: &str, expiry: &str, quantity: i64) -> Body {
    Body::Receipt(Receipt {
        order: Some(OrderId(1)),
        supplier: Some(PartyId(1)),
        lots: vec![facts(text, expiry)],
        lines: vec![movement(text, quantity, LocationId::SUPPLIER, DOCK)],
        reason: None,
    })
}

pub fn put_away(text: &str, quantity: i64) -> Body {
    Body::Move(Move { kind: MoveKind::PutAway, lines: vec![movement(text, quantity, DOCK, SHELF)] })
}

pub fn pick(text: &str, quantity: i64) -> Body {
    let lines = vec![movement(text, quantity, SHELF, STAGING)];
    Body::Pick(Pick { order: OrderId(2), lines, fefo: None })
}

pub fn hold(text: &str) -> Body {
    let target = HoldTarget::Lot(lot_key(text));
    Body::Hold(Hold { target, kind: HoldKind::Hold, reason: Reason::Quality, note: String::new() })
}

pub fn undo(undone: &Event) -> Body {
    Body::Undo(Undo { event: undone.id, body: Box::new(undone.body.clone()) })
}

pub fn draft(number: u128, body: Body) -> Draft {
    Draft { id: id(number), operator: UserId(1), at: NOW.plus_ms(number as i64), body }
}

pub fn confirm(store: &mut Store, number: u128, body: Body) -> Confirmed {
    store.confirm(draft(number, body)).unwrap()
}

pub fn event(number: u128, device: DeviceId, body: Body) -> Event {
    let at = NOW.plus_ms(number as i64);
    let (v, site, operator) = (EVENT_VERSION, SiteId(1), UserId(1));
    Event { v, id: id(number), site, device, operator, at, skew_ms: None, body }
}

/// The server's side of one stream, as far as the store can tell.
pub struct Ledger {
    pub stream: Stream,
    pub entries: Vec<EventEntry>,
    pub records: Vec<MasterEntry>,
    heads: Vec<Head>,
}

impl Ledger {
    pub fn new(stream: Stream) -> Self {
        Self { stream, entries: Vec::new(), records: Vec::new(), heads: vec![Head::default()] }
    }

    pub fn head(&self) -> Head {
        *self.heads.last().unwrap()
    }

    fn advance(&mut self, status: Status, bytes: &str) -> u64 {
        let Head { seq, hash } = self.head();
        let hash = Hash::chain_stream(hash, seq + 1, status, bytes.as_bytes());
        self.heads.push(Head { seq: seq + 1, hash });
        seq + 1
    }

    /// Adds an entry; its place.
    pub fn add(&mut self, event: &Event, status: Status) -> u64 {
        self.add_bytes(event.device, String::from_utf8(event.encode().unwrap()).unwrap(), status)
    }

    pub fn add_bytes(&mut self, device: DeviceId, bytes: String, status: Status) -> u64 {
        let stream_seq = self.advance(status, &bytes);
        let seq = 1 + self.entries.iter().filter(|entry| entry.device == device).count() as u64;
        self.entries.push(EventEntry { stream_seq, status, received: NOW, device, epoch: 1, seq, bytes });
        stream_seq
    }

    pub fn add_record(&mut self, record: &MasterRecord) {
        let bytes = serde_json::to_string(record).unwrap();
        let stream_seq = self.advance(Status::Accepted, &bytes);
        self.records.push(MasterEntry { stream_seq, bytes });
    }

    /// The page after `after` up to `through`.
    pub fn page(&self, after: u64, through: u64) -> PullReply {
        let inside = |seq: u64| seq > after && seq <= through;
        PullReply {
            stream: self.stream,
            events: self.entries.iter().filter(|e| inside(e.stream_seq)).cloned().collect(),
            records: self.records.iter().filter(|e| inside(e.stream_seq)).cloned().collect(),
            next: self.heads[usize::try_from(through).unwrap()],
            head: self.head(),
            backed_up_through: 0,
            backed_up_epoch: 1,
        }
    }

    /// Brings a store to the head.
    pub fn send(&self, store: &mut Store) -> Result<(), StoreError> {
        let from = store.cursor(self.stream).unwrap().seq;
        store.apply_pull(&self.page(from, self.head().seq), NOW)
    }
}

pub fn location(id: LocationId, kind: LocationKind, walk: i64) -> MasterRecord {
    let (code, zone) = (format!("L{id}"), "dry".to_owned());
    MasterRecord::Location(Location { id, code, kind, zone, walk, active: true })
}

/// An item, three places, an order of each direction.
pub fn master() -> Ledger {
    let mut ledger = Ledger::new(Stream::Master);
    let pack = Pack { gtin: Gtin::new("09506000134352").unwrap(), name: "case".into(), units: units(6) };
    ledger.add_record(&MasterRecord::Item(Item {
        id: MILK,
        code: "MILK".into(),
        name: "Milk 1 l".into(),
        tracking: Tracking::Lot,
        unit: Unit::Each,
        packs: vec![pack],
        days_on_receipt: 0,
        days_on_dispatch: 0,
        zone: "dry".into(),
        active: true,
    }));
    ledger.add_record(&location(DOCK, LocationKind::Dock, 1));
    ledger.add_record(&location(SHELF, LocationKind::Storage, 2));
    ledger.add_record(&location(STAGING, LocationKind::Staging, 3));
    for (number, kind) in [(1, PartyKind::Supplier), (2, PartyKind::Customer)] {
        let (code, name) = (format!("P{number}"), format!("Party {number}"));
        let party = Party { id: PartyId(number), kind, code, name, days_on_dispatch: 0, active: true };
        ledger.add_record(&MasterRecord::Party(party));
    }
    for (number, direction, kind) in
        [(1, Direction::Inbound, OrderKind::PurchaseOrder), (2, Direction::Outbound, OrderKind::SalesOrder)]
    {
        let line = OrderLine { line: 1, item: MILK, quantity: units(5), lot: None, expiry: None, hu: None };
        ledger.add_record(&MasterRecord::Order(Order {
            id: OrderId(number),
            number: format!("O-{number}"),
            direction,
            kind,
            party: PartyId(number),
            due: Some("2026-11-24".parse().unwrap()),
            status: OrderStatus::Open,
            lines: vec![line],
        }));
    }
    ledger
}

pub fn acked(envelopes: &[Envelope], status: Status, first_stream_seq: u64) -> PushReply {
    let results = envelopes.iter().zip(first_stream_seq..).map(|(envelope, stream_seq)| PushResult {
        seq: envelope.seq,
        event_id: None,
        status,
        stream_seq,
        reason: None,
    });
    let acked_through = envelopes.last().unwrap().seq;
    PushReply { acked_through, results: results.collect(), retry_after_s: None }
}
