//! What must hold: after the steps, and when all is well again.

use super::server::{Books, Entry, SITES, Site, negatives};
use super::story::{Hand, Sim};
use crate::world;
use firstout::domain::{Event, EventId, SiteId, StockKey};
use firstout::store::Store;
use firstout::sync::engine::Reply;
use firstout::sync::wire::Stream;
use rusqlite::{Connection, OpenFlags};
use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;
use uuid::Uuid;

impl Sim {
    /// Shown = base + pending: the server's stream up to the cursor, then this device's own events.
    pub(super) fn check_hand(&mut self, at: usize) -> Result<(), String> {
        let incarnation = self.servers.identity().1;
        let books = self.servers.books();
        let site = books.site(self.hands[at].caller.site);
        let Hand { device, bytes, .. } = &mut self.hands[at];
        let store = device.store();
        let identity = store.enrolled().expect("it is enrolled");
        let cursor = store.cursor(Stream::Site).unwrap();
        let known = identity.server_epoch == incarnation && site.head_at(cursor.seq) == Some(cursor);
        // After a restore the old state is shown until the new one has come.
        if !known || (cursor.seq == 0 && device.has_read) {
            return Ok(());
        }
        let new = device.beeped[bytes.len()..].iter();
        bytes.extend(new.map(|event| String::from_utf8(event.encode().unwrap()).unwrap()));
        let confirmed = device.beeped.iter().zip(&*bytes);
        // A device that went to the other site when a restore had taken back what it had sent here has handed it in there,
        // without effect.
        let handed_in =
            |bytes: &str| books.is_aside_elsewhere(identity.site, bytes) && !is_pending(&device.path, bytes);
        let own = confirmed.filter(|(event, bytes)| {
            event.site == identity.site
                && !site.has(cursor.seq, bytes)
                && store.event(event.id).unwrap().is_some()
                && !handed_in(bytes)
        });
        // Where another event came first under its id, what the server will set aside is shown until it says so.
        let own: Vec<Event> = own.map(|(event, _)| anew(event, site.has_id(cursor.seq, event.id))).collect();
        same(at, &world::shown(store), &world::real(&site.fold_with(cursor.seq, own.iter())))
    }

    /// What beeped is in the ledger or on a device.
    pub(super) fn check_kept(&mut self) -> Result<(), String> {
        let there = self.servers.books().bytes();
        let expected = self
            .beeped
            .iter()
            .filter(|(id, bytes)| !self.gone.contains(id) && !there.contains(bytes.as_str()));
        let missing: Vec<_> = expected.collect();
        match missing.iter().find(|(id, bytes)| !self.is_held(**id, bytes)) {
            Some((id, _)) => Err(format!("{id} is lost: neither in the ledger nor on a device")),
            None => Ok(()),
        }
    }

    /// Whether some device still has it; another event may have its id.
    pub(super) fn is_held(&self, id: EventId, bytes: &str) -> bool {
        let bytes = bytes.as_bytes();
        self.hands.iter().any(|hand| {
            let event = hand.device.store().event(id).unwrap();
            event.is_some_and(|event| event.encode().unwrap() == bytes)
        })
    }

    pub(super) fn check_end(&mut self) -> Result<(), String> {
        let books = Books::open(&self.servers.file);
        let mut there = BTreeMap::<&str, u64>::new();
        for Entry { bytes, aside, .. } in books.all() {
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
        for Entry { bytes, aside, .. } in books.all() {
            let id = Event::decode(bytes.as_bytes()).unwrap().id;
            let known = self.beeped.get(&id).is_some_and(|beeped| **beeped == **bytes)
                || self.poison.contains(&**bytes);
            if !known {
                return Err(format!("nobody confirmed what the ledger has as {id}"));
            }
            let moved = self.hands.iter().any(|hand| hand.device.beeped.iter().any(|event| event.id == id));
            if *aside && !self.poison.contains(&**bytes) && !moved {
                return Err(format!("{id} is set aside"));
            }
        }
        for (site, at) in SITES.iter().map(|site| (*site, books.site(*site))) {
            check_site(at, &books.discrepancies(site))?;
        }
        for at in 0..self.hands.len() {
            self.check_hand(at)?;
        }
        let problems = self.servers.problems();
        if problems.is_empty() { Ok(()) } else { Err(problems.join("; ")) }
    }
}

/// Whether these bytes are in the device's outbox: not sent, or not read back yet.
fn is_pending(file: &Path, bytes: &str) -> bool {
    let db = Connection::open_with_flags(file, OpenFlags::SQLITE_OPEN_READ_ONLY).unwrap();
    let sql = "SELECT EXISTS (SELECT 1 FROM outbox JOIN event USING (n) WHERE bytes = ?1)";
    db.query_row(sql, [bytes], |row| row.get(0)).unwrap()
}

/// An event under an id that nobody has.
fn anew(event: &Event, taken: bool) -> Event {
    let mut event = event.clone();
    if taken {
        event.id = EventId(Uuid::from_u128(!event.id.0.as_u128()));
    }
    event
}

/// Each lot sums to zero over all places, and who is below zero has been reported.
fn check_site(site: &Site, told: &BTreeSet<String>) -> Result<(), String> {
    let (stock, found) = site.fold();
    if !stock.imbalances().is_empty() {
        return Err(format!("lots do not sum to zero: {:?}", stock.imbalances()));
    }
    let reported: BTreeMap<_, _> = negatives(&found)
        .filter(|(identity, _)| told.contains(identity))
        .map(|(id, key)| (key, id))
        .collect();
    for (key, units) in world::real(&stock) {
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
