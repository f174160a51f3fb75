//! What must hold: after the steps, and when all is well again.

use super::server::{Books, SITES, Site, negatives};
use super::story::Sim;
use crate::dice::Dice;
use crate::world;
use firstout::domain::{Body, EVENT_VERSION, Event, EventId, Park, SiteId, StockKey, Timestamp};
use firstout::ledger::Stock;
use firstout::store::{Identity, Store};
use firstout::sync::engine::Reply;
use firstout::sync::wire::{Hash, Stream};
use rusqlite::Connection;
use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

impl Sim {
    /// Shown = base + pending: the server's stream up to the cursor, then this device's own events.
    pub(super) fn check_hand(&self, at: usize) -> Result<(), String> {
        let device = &self.hands[at].device;
        let store = device.store();
        let identity = store.identity().unwrap().expect("it is enrolled");
        let cursor = store.cursor(Stream::Site).unwrap();
        let site = Books::open(&self.servers.file).site(identity.site);
        let known =
            identity.server_epoch == self.servers.identity().1 && site.head_at(cursor.seq) == Some(cursor);
        // After a restore the old state is shown until the new one has come.
        if !known || (cursor.seq == 0 && device.has_read) {
            return Ok(());
        }
        let prefix: BTreeSet<&str> =
            site.entries.iter().take(cursor.seq as usize).map(|entry| entry.bytes.as_str()).collect();
        let own = device.beeped.iter().filter(|event| {
            let bytes = String::from_utf8(event.encode().unwrap()).unwrap();
            event.site == identity.site
                && !prefix.contains(bytes.as_str())
                && store.event(event.id).unwrap().is_some()
        });
        let (expected, _) = site.fold(cursor.seq, own);
        same(at, &shown(store), &real(&expected))
    }

    /// What beeped is in the ledger or on a device.
    pub(super) fn check_kept(&self) -> Result<(), String> {
        let there = Books::open(&self.servers.file).bytes();
        for (id, bytes) in self.beeped.iter().filter(|(id, _)| !self.gone.contains(id)) {
            if !there.contains(bytes) && !self.is_held(*id, bytes) {
                return Err(format!("{id} is lost: neither in the ledger nor on a device"));
            }
        }
        Ok(())
    }

    /// Whether some device still has it; another event may have its id.
    pub(super) fn is_held(&self, id: EventId, bytes: &str) -> bool {
        let bytes = bytes.as_bytes();
        self.hands.iter().any(|hand| {
            let event = hand.device.store().event(id).unwrap();
            event.is_some_and(|event| event.encode().unwrap() == bytes)
        })
    }

    pub(super) fn check_end(&self) -> Result<(), String> {
        let books = Books::open(&self.servers.file);
        let all = books.all();
        let mut there = BTreeMap::<&str, u64>::new();
        for (bytes, aside) in &all {
            let times = there.entry(bytes).or_default();
            *times += u64::from(!aside);
            if *times > 1 {
                return Err(format!("{bytes} is in the ledger twice"));
            }
        }
        for (id, bytes) in self.beeped.iter().filter(|(id, _)| !self.gone.contains(id)) {
            if !there.contains_key(bytes.as_str()) {
                return Err(format!("{id} is lost: it is not in the ledger"));
            }
        }
        for (bytes, aside) in &all {
            let id = Event::decode(bytes.as_bytes()).unwrap().id;
            let known = self.beeped.get(&id) == Some(bytes) || self.poison.contains(bytes);
            if !known {
                return Err(format!("nobody confirmed what the ledger has as {id}"));
            }
            let moved = self.hands.iter().any(|hand| hand.device.beeped.iter().any(|event| event.id == id));
            if *aside && !self.poison.contains(bytes) && !moved {
                return Err(format!("{id} is set aside"));
            }
        }
        for (site, at) in SITES.iter().map(|site| (*site, books.site(*site))) {
            check_site(&at, &books.discrepancies(site))?;
        }
        for at in 0..self.hands.len() {
            self.check_hand(at)?;
        }
        let problems = self.servers.problems();
        if problems.is_empty() { Ok(()) } else { Err(problems.join("; ")) }
    }
}

/// Each lot sums to zero over all places, and who is below zero has been reported.
fn check_site(site: &Site, told: &BTreeSet<String>) -> Result<(), String> {
    let (stock, found) = site.fold(u64::MAX, std::iter::empty());
    if !stock.imbalances().is_empty() {
        return Err(format!("lots do not sum to zero: {:?}", stock.imbalances()));
    }
    let reported: BTreeMap<_, _> = negatives(&found)
        .filter(|(identity, _)| told.contains(identity))
        .map(|(id, key)| (key, id))
        .collect();
    for (key, units) in real(&stock) {
        if units < 0 && !reported.contains_key(&key) {
            return Err(format!("nobody was told that {key:?} is {units}"));
        }
    }
    Ok(())
}

fn same(at: usize, shown: &BTreeMap<StockKey, i64>, real: &BTreeMap<StockKey, i64>) -> Result<(), String> {
    if shown == real {
        return Ok(());
    }
    let keys: BTreeSet<_> = shown.keys().chain(real.keys()).collect();
    let differ = keys.into_iter().find(|key| shown.get(key) != real.get(key));
    let key = differ.map(|key| format!("{key:?}: {:?}, not {:?}", shown.get(key), real.get(key)));
    Err(format!("device {at} shows another stock than base and pending say: {}", key.unwrap_or_default()))
}

fn shown(store: &Store) -> BTreeMap<StockKey, i64> {
    let rows = world::PLACES.iter().flat_map(|place| store.stock_at(*place, 0, 10_000).unwrap());
    rows.map(|row| (row.key, row.quantity.units())).collect()
}

fn real(stock: &Stock) -> BTreeMap<StockKey, i64> {
    let real = stock.balances().filter(|(key, _)| !key.place.location.is_virtual());
    real.map(|(key, balance)| (key.clone(), balance.quantity.units())).collect()
}

/// How many entries of its site the device has not read; all of them where it stands on another history.
pub(super) fn behind(store: &Store, books: &Books, site: SiteId) -> u64 {
    let (cursor, site) = (store.cursor(Stream::Site).unwrap(), books.site(site));
    let entries = site.entries.len() as u64;
    if site.head_at(cursor.seq) == Some(cursor) { entries - cursor.seq } else { entries.max(1) }
}

/// An answer in a few words.
pub(super) fn said(reply: &Reply) -> String {
    match reply {
        Reply::Hello(hello) => {
            let (epoch, seq) = (hello.device_epoch, hello.device_last_seq);
            format!(
                "hello, your epoch {epoch} ends with {seq} here, the ledger with {}",
                hello.heads.site.seq
            )
        }
        Reply::Pushed(reply) => {
            let status: Vec<_> = reply.results.iter().map(|one| format!("{:?}", one.status)).collect();
            format!("all up to {} is safe: {}", reply.acked_through, status.join(" "))
        }
        Reply::Pulled(page) => {
            let entries = page.events.len() + page.records.len();
            format!("{entries} entries up to {} of {}", page.next.seq, page.head.seq)
        }
        Reply::Snapshot(_) => "a snapshot".to_owned(),
        Reply::Conflict(conflict) => format!("{conflict:?}"),
    }
}

/// The schemas of earlier programs, whose files hold keys already.
const OLD: [&str; 4] = [
    include_str!("../../../src/store/migrations/0001_first.sql"),
    include_str!("../../../src/store/migrations/0002_scanner.sql"),
    include_str!("../../../src/store/migrations/0003_losses.sql"),
    include_str!("../../../src/store/migrations/0004_keys.sql"),
];
/// "FOut".
const APPLICATION_ID: u32 = 0x464F_7574;

/// A file as the program before this one left it, with three events that wait.
pub(super) fn old_file(path: &Path, identity: &Identity, dice: &mut Dice, now: Timestamp) -> Vec<Event> {
    let db = Connection::open(path).unwrap();
    OLD.iter().for_each(|sql| db.execute_batch(sql).unwrap());
    db.pragma_update(None, "application_id", APPLICATION_ID).unwrap();
    db.pragma_update(None, "user_version", OLD.len() as u32).unwrap();
    let Identity { device, key, site, server_id, server_epoch, .. } = identity;
    let row = (
        device.0.as_bytes(),
        1,
        key.seed(),
        site.0,
        server_id.as_bytes(),
        server_epoch.0.as_bytes(),
        &identity.server_url,
        "",
        "HH",
    );
    db.execute(include_str!("../../../src/store/sql/enrol.sql"), row).unwrap();
    let body = Body::Park(Park { bytes_hex: "5d6432".into(), screen: "home".into() });
    let (v, operator, mut hash) = (EVENT_VERSION, world::PICKER, Hash::default());
    let mut events = Vec::new();
    for n in 1..=3 {
        let id = EventId(dice.uuid());
        let body = body.clone();
        let event = Event { v, id, site: *site, device: *device, operator, at: now, skew_ms: None, body };
        let bytes = String::from_utf8(event.encode().unwrap()).unwrap();
        hash = Hash::chain(hash, bytes.as_bytes());
        let row = (n, id.0.as_bytes(), hash.0, bytes, operator.0, now.0);
        db.execute(
            "INSERT INTO event (n, epoch, seq, id, hash, bytes, operator, at) VALUES (?1, 1, ?1, ?2, ?3, ?4, ?5, ?6)",
            row,
        )
        .unwrap();
        db.execute("INSERT INTO outbox (n) VALUES (?1)", [n]).unwrap();
        events.push(event);
    }
    events
}
