//! A site as large as the one planned for: 1,000,000 lots in stock at 20,000 locations, in a real store's file.

use firstout::demo::Rng;
use firstout::domain::*;
use firstout::store::{Identity, Store};
use firstout::sync::wire::*;
use sha2::{Digest, Sha256};
use std::io::{BufReader, BufWriter, Write};
use std::path::{Path, PathBuf};
use uuid::Uuid;

pub const LOTS: i64 = 1_000_000;
pub const LOCATIONS: i64 = 20_000;
pub const ITEMS: i64 = 5_000;
pub const NOW: Timestamp = Timestamp(1_795_000_000_000);
/// 2026-11-23.
pub const TODAY: i64 = 20_780;
/// Of the one who works there.
pub const BADGE: &str = "BADGE-1";

/// A folder that goes away with the bench.
pub struct Folder(PathBuf);

impl Folder {
    pub fn new(name: &str) -> Self {
        let path = PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join(format!("{name}-{}", std::process::id()));
        std::fs::create_dir_all(&path).expect("a folder for the bench");
        Self(path)
    }

    pub fn file(&self, name: &str) -> PathBuf {
        self.0.join(name)
    }

    #[cfg(feature = "server")]
    pub fn make(&self, name: &str) -> PathBuf {
        let path = self.file(name);
        std::fs::create_dir_all(&path).expect("a folder in it");
        path
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.0);
    }
}

pub fn enrolled(path: &Path) -> Store {
    let (mut store, _) = Store::open(path, NOW).expect("a new store");
    let (device, site) = (DeviceId(Uuid::from_u128(1)), SiteId(1));
    let (server_id, server_epoch) = (Uuid::nil(), ServerEpoch(Uuid::nil()));
    let key = firstout::domain::DeviceKey::from_seed(&[1; 32]);
    let (roots, server_url, name) = (String::new(), String::new(), "HH-01".to_owned());
    store
        .enrol(Identity { device, epoch: 1, key, site, server_id, server_epoch, server_url, roots, name })
        .expect("enrolled");
    store
}

/// Items and locations through the master stream, stock, passports and origins through a snapshot.
pub fn large(path: &Path) -> Store {
    let mut store = enrolled(path);
    master(&mut store);
    let (read, write) = std::io::pipe().expect("a pipe");
    let writer = std::thread::spawn(move || snapshot(BufWriter::with_capacity(1 << 20, write)));
    store.apply_snapshot(BufReader::with_capacity(1 << 20, read), NOW).expect("the snapshot is taken in");
    writer.join().expect("the writer ends").expect("the snapshot is written");
    store
}

/// The site itself, its items and its places.
pub fn records() -> impl Iterator<Item = MasterRecord> {
    let items = (1..=ITEMS).map(|id| {
        MasterRecord::Item(Item {
            id: ItemId(id),
            code: format!("ART-{id}"),
            name: format!("Item number {id}"),
            tracking: Tracking::Lot,
            unit: Unit::Each,
            packs: Vec::new(),
            days_on_receipt: 0,
            days_on_dispatch: 0,
            zone: "dry".to_owned(),
            active: true,
        })
    });
    let locations = (1..=LOCATIONS).map(|id| {
        let kind = match id {
            ..=20 => LocationKind::Dock,
            21..=60 => LocationKind::Staging,
            id if id % 4 == 0 => LocationKind::PickFace,
            _ => LocationKind::Storage,
        };
        let (code, zone) = (format!("A-{id:05}"), "dry".to_owned());
        MasterRecord::Location(Location { id: LocationId(id), code, kind, zone, walk: id, active: true })
    });
    let site = MasterRecord::Site(Site {
        id: SiteId(1),
        name: "Large".to_owned(),
        zone: SiteZone(chrono_tz::UTC),
        fefo: FefoPolicy::AskReason,
        staging: LocationId(21),
        dock: LocationId(1),
    });
    std::iter::once(site).chain(items).chain(locations)
}

fn master(store: &mut Store) {
    let user = MasterRecord::User(User {
        id: UserId(1),
        name: "Chris".to_owned(),
        badge: BADGE.to_owned(),
        pin: None,
        role: Role::Clerk,
        language: String::new(),
        active: true,
    });
    let mut next = Head::default();
    let mut entries = Vec::new();
    for record in records().chain([user]) {
        let bytes = serde_json::to_string(&record).expect("a record");
        let (stream_seq, status) = (next.seq + 1, Status::Accepted);
        let hash = Hash::chain_stream(next.hash, stream_seq, status, bytes.as_bytes());
        next = Head { seq: stream_seq, hash };
        entries.push(MasterEntry { stream_seq, bytes });
    }
    let (stream, events, records) = (Stream::Master, Vec::new(), entries);
    let page =
        PullReply { stream, events, records, next, head: next, backed_up_through: 0, backed_up_epoch: 0 };
    store.apply_pull(&page, NOW).expect("the master data is taken in");
}

fn snapshot(mut out: impl Write) -> std::io::Result<()> {
    let mut sha = Sha256::new();
    let mut put = |row: &[u8]| {
        sha.update(row);
        sha.update(b"\n");
        out.write_all(row)?;
        out.write_all(b"\n")
    };
    let (stream, server_epoch) = (Stream::Site, ServerEpoch(Uuid::nil()));
    let head = Head { seq: 3_000_000, hash: Hash([1; 32]) };
    let header = SnapshotHeader { stream, server_epoch, head, rows: 3 * LOTS as u64 + 1, undone: vec![] };
    put(&serde_json::to_vec(&header)?)?;
    let mut rng = Rng::new(1);
    for number in 0..LOTS {
        for row in lot(number, &mut rng) {
            put(&serde_json::to_vec(&row)?)?;
        }
    }
    let digest = Hash(sha.finalize().into());
    out.write_all(&serde_json::to_vec(&SnapshotRow::End { digest })?)?;
    out.write_all(b"\n")?;
    out.flush()
}

/// A lot's passport, its one balance and where it came from. One in fifty is past its date.
fn lot(number: i64, rng: &mut Rng) -> [SnapshotRow; 3] {
    let (item, number) = (ItemId(1 + number / (LOTS / ITEMS)), format!("L{:07}", 1_000_000 + number));
    let lot = LotNumber::new(&number).expect("a lot number");
    let days = if rng.chance(2) { rng.range(-30, -1) } else { rng.range(0, 700) };
    let at = NOW.plus_ms(-rng.range(1, 300 * 86_400_000));
    let key = LotKey { item, lot: Some(lot.clone()) };
    let quantity = Quantity::balance(rng.range(6, 480));
    let facts = LotFacts {
        item,
        lot: lot.clone(),
        expiry: day_from_number(TODAY + days),
        best_before: None,
        produced: None,
        supplier_lot: None,
        vintage: None,
        origin: None,
    };
    let place = Place::at(LocationId(rng.range(61, LOCATIONS)));
    let event = EventId(Uuid::from_u64_pair(rng.bits(), rng.bits()));
    let (supplier, order) = (Some(PartyId(rng.range(1, 50))), Some(OrderId(rng.range(1, 20_000))));
    [
        SnapshotRow::Lot { facts, received: at },
        SnapshotRow::Stock {
            key: StockKey { item, lot: Some(lot), serial: None, place },
            units: quantity.units(),
            since: at,
        },
        SnapshotRow::Origin(Origin { lot: key, event, supplier, order, quantity, at }),
    ]
}
