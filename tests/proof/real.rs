//! The real server in this process and a real handheld, for the proofs that need both.

use super::dice::Dice;
use super::model::SITE;
use super::{Scratch, world};
use firstout::domain::{DeviceId, DeviceKey, Event, EventId, StockKey, Timestamp};
use firstout::ledger::fold_entries;
use firstout::server::storage::{NewDevice, StorageError};
use firstout::server::tls::Tls;
use firstout::server::{Background, Config, start_background, system_clock};
use firstout::store::{Draft, Identity, Store};
use firstout::sync::http::{Clock, Enrolled, HttpTransport, Signer, enrol};
use firstout::sync::wire::{EnrolReply, Hash, Invitation};
use rusqlite::{Connection, OpenFlags};
use std::collections::{BTreeMap, BTreeSet};
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering::Relaxed};
use uuid::Uuid;

/// 2026-11-23T08:00:00Z
pub const MORNING: Timestamp = Timestamp(1_795_420_800_000);

/// A clock that goes when it is told to; clones are the same one.
#[derive(Clone)]
pub struct Hands(Arc<AtomicI64>);

impl Hands {
    pub fn new() -> Self {
        Self(Arc::new(AtomicI64::new(MORNING.0)))
    }

    pub fn now(&self) -> Timestamp {
        Timestamp(self.0.load(Relaxed))
    }

    pub fn set(&self, now: Timestamp) {
        self.0.store(now.0, Relaxed);
    }

    pub fn later(&self, ms: i64) {
        self.0.fetch_add(ms, Relaxed);
    }

    pub fn clock(&self) -> Clock {
        let hands = self.clone();
        Arc::new(move || hands.now())
    }
}

/// A server on a file of its own, with the warehouse of the simulation in it.
pub struct Server {
    pub background: Background,
    pub addr: SocketAddr,
    pub hands: Hands,
    pub authority: Option<Hash>,
    pub data: PathBuf,
    _home: Scratch,
}

impl Server {
    pub fn start(name: &str, hands: &Hands, secure: bool) -> Self {
        let server = Self::on(hands, Scratch::new(name), secure);
        server.background.run(async |storage| storage.append_master(SITE, world::records()).await).unwrap();
        server
    }

    /// On the files that another one has left.
    pub fn again(hands: &Hands, home: Scratch) -> Self {
        Self::on(hands, home, false)
    }

    fn on(hands: &Hands, home: Scratch, secure: bool) -> Self {
        let data = home.path().join("data");
        let mut config = Config::local(&data);
        config.clock = hands.clock();
        if secure {
            std::fs::create_dir_all(&data).unwrap();
            config.tls = Some(Tls::own(&data, &["127.0.0.1".to_owned()]).unwrap());
        }
        let authority = config.tls.as_ref().map(|tls| tls.fingerprint);
        let background = start_background(config).unwrap();
        Self { addr: background.addr, background, hands: hands.clone(), authority, data, _home: home }
    }

    pub fn ledger(&self) -> Ledger {
        Ledger::open(&self.data.join("firstout.sqlite"))
    }

    /// What `firstout-server verify` finds wrong.
    pub fn problems(&self) -> Vec<String> {
        self.background.run::<_, StorageError, _>(async |storage| storage.verify().await).unwrap().problems
    }

    /// A handheld that reaches the server at `addr`, which may be somebody in between; enrolled over the network.
    pub fn enrol(&self, addr: SocketAddr, dice: &mut Dice) -> Handheld {
        let token = self.background.token(SITE, "").unwrap().reveal().to_owned();
        let handheld = Handheld::enrolled_at(addr, &token, self.authority, &self.hands.clock(), dice);
        handheld.expect("the network is well")
    }

    /// The same beside the network, so that its id is the dice's too.
    pub fn admit(&self, addr: SocketAddr, dice: &mut Dice) -> Handheld {
        let (device, key, now) = (DeviceId(dice.uuid()), key(dice), self.hands.now());
        let token = self.background.token(SITE, "HH").unwrap();
        let new = NewDevice { device, name: "HH".into(), key: key.public() };
        let server = self.background.run::<_, StorageError, _>(async |storage| {
            assert!(storage.enrol(&token, new, now).await?.is_some());
            storage.identity().await
        });
        let server = server.unwrap();
        let identity = Identity {
            device,
            epoch: 1,
            key,
            site: SITE,
            server_id: server.server_id,
            server_epoch: server.epoch,
            server_url: format!("http://{addr}"),
            roots: String::new(),
            name: "HH".into(),
        };
        Handheld::new(identity, now)
    }
}

fn key(dice: &mut Dice) -> DeviceKey {
    let mut seed = [0; 32];
    seed.iter_mut().for_each(|byte| *byte = dice.roll() as u8);
    DeviceKey::from_seed(&seed)
}

/// A handheld and what beeped on it.
pub struct Handheld {
    pub store: Store,
    pub home: Scratch,
    pub beeped: Vec<(EventId, String)>,
}

impl Handheld {
    fn new(identity: Identity, now: Timestamp) -> Self {
        let home = Scratch::new("handheld");
        let (mut store, _) = Store::open(&home.path().join("device.db"), now).unwrap();
        store.enrol(identity).unwrap();
        Self { store, home, beeped: vec![] }
    }

    /// Enrolled over plain http by the system's clock; `None` where the server does not answer.
    pub fn enrolled(addr: SocketAddr, token: &str, dice: &mut Dice) -> Option<Self> {
        Self::enrolled_at(addr, token, None, &system_clock(), dice)
    }

    fn enrolled_at(
        addr: SocketAddr,
        token: &str,
        authority: Option<Hash>,
        clock: &Clock,
        dice: &mut Dice,
    ) -> Option<Self> {
        let scheme = if authority.is_some() { "https" } else { "http" };
        let (server_url, key) = (format!("{scheme}://{addr}"), key(dice));
        let invitation = Invitation { url: server_url.clone(), authority, token: token.to_owned() };
        let Enrolled { reply, roots } = enrol(&invitation, "HH", &key, "", clock).unwrap().ok()?;
        let EnrolReply { device, epoch, site, server_id, server_epoch, name, .. } = reply;
        let identity =
            Identity { device, epoch, key, site, server_id, server_epoch, server_url, roots, name };
        Some(Self::new(identity, clock()))
    }

    pub fn confirm(&mut self, dice: &mut Dice, at: Timestamp) {
        let (operator, body) = world::draft(dice, &self.store, at).unwrap();
        let draft = Draft { id: EventId(dice.uuid()), operator, at, body };
        let event = self.store.confirm(draft).unwrap().event;
        self.beeped.push((event.id, String::from_utf8(event.encode().unwrap()).unwrap()));
    }

    pub fn identity(&self) -> Identity {
        self.store.identity().unwrap().expect("it is enrolled")
    }

    /// A connection of its own to that address, trusting `roots`.
    pub fn transport(&self, url: &str, roots: &str, clock: Clock) -> HttpTransport {
        let Identity { site, device, key, .. } = self.identity();
        let signer = Signer::new(site, device, key, clock);
        HttpTransport::new(url, signer, roots.as_bytes(), self.home.path()).unwrap()
    }

    /// Stock as its screens show it.
    pub fn shown(&self) -> BTreeMap<StockKey, i64> {
        world::shown(&self.store)
    }
}

/// The server's file, read beside the server.
pub struct Ledger(Connection);

impl Ledger {
    pub fn open(file: &Path) -> Self {
        let flags = OpenFlags::SQLITE_OPEN_READ_ONLY | OpenFlags::SQLITE_OPEN_NO_MUTEX;
        Self(Connection::open_with_flags(file, flags).unwrap())
    }

    pub fn ids(&self) -> BTreeSet<EventId> {
        let sql = "SELECT event_id FROM event WHERE site = 1 AND event_id IS NOT NULL";
        let mut query = self.0.prepare_cached(sql).unwrap();
        let rows = query.query_map((), |row| row.get::<_, Vec<u8>>(0)).unwrap();
        rows.map(|id| EventId(Uuid::from_slice(&id.unwrap()).unwrap())).collect()
    }

    /// How many events of this handheld are in it.
    pub fn count(&self, handheld: &Handheld) -> u64 {
        let device = handheld.identity().device;
        let sql = "SELECT count(*) FROM event WHERE site = 1 AND device = ?1";
        let mut query = self.0.prepare_cached(sql).unwrap();
        query.query_row([device.0.as_bytes()], |row| row.get::<_, i64>(0)).unwrap().unsigned_abs()
    }

    /// Beeped events that it does not have, has with other bytes, and entries of the device that nobody confirmed.
    pub fn compare(&self, handheld: &Handheld) -> (u64, u64, u64) {
        let (missing, altered) = self.lacks(&handheld.beeped);
        let own = handheld.beeped.len() as u64 - missing;
        (missing, altered, self.count(handheld).saturating_sub(own))
    }

    /// Which of these it does not have, or with other bytes.
    pub fn lacks(&self, beeped: &[(EventId, String)]) -> (u64, u64) {
        let sql = "SELECT bytes FROM event WHERE site = 1 AND event_id = ?1";
        let mut query = self.0.prepare_cached(sql).unwrap();
        let (mut missing, mut altered) = (0, 0);
        for (id, bytes) in beeped {
            match query.query_row([id.0.as_bytes()], |row| row.get::<_, String>(0)) {
                Ok(found) => altered += u64::from(found != *bytes),
                Err(_) => missing += 1,
            }
        }
        (missing, altered)
    }

    /// Stock as all of its entries say.
    pub fn stock(&self) -> BTreeMap<StockKey, i64> {
        let sql = "SELECT bytes, status FROM event WHERE site = 1 ORDER BY stream_seq";
        let mut query = self.0.prepare_cached(sql).unwrap();
        let rows = query.query_map((), |row| Ok((row.get::<_, String>(0)?, row.get::<_, u8>(1)?))).unwrap();
        let events: Vec<(Event, bool)> = rows
            .map(|row| row.unwrap())
            .map(|(bytes, status)| (Event::decode(bytes.as_bytes()).unwrap(), status <= 1))
            .collect();
        let entries = events.iter().map(|(event, effect)| (event, *effect));
        let (stock, _) = fold_entries(world::setting(), entries);
        world::real(&stock)
    }
}
