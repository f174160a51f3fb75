//! A server on a free port, an HTTP client of its own (so that requests can be cut, slow and wrong), and a
//! handheld that keeps its chain.

use crate::server_database::{Db, number};
use firstout::domain::{
    Body, DeviceId, DeviceKey, Event, EventId, ItemId, LocationId, LotFacts, LotNumber, Movement, Place,
    Quantity, Receipt, Role, SiteId, Timestamp, UserId,
};
use firstout::server::people::{NewUser, add};
use firstout::server::storage::Place as Database;
use firstout::server::storage::console::{DeviceState, DiscrepancyState};
use firstout::server::{Background, Clock, Config, start_background, system_clock};
use firstout::sync::wire::{
    Claim, EnrolReply, EnrolRequest, Envelope, Hash, Head, Hello, PullReply, PushReply, PushRequest,
    ServerEpoch, Stream, head_message,
};
use serde::de::DeserializeOwned;
use std::io::{Read as _, Write as _};
use std::net::{SocketAddr, TcpStream};
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, AtomicU64, Ordering};
use uuid::Uuid;

pub const SITE: SiteId = SiteId(1);
/// 2026-11-23T08:00:00Z
pub const MORNING: i64 = 1_795_420_800_000;

pub struct TestServer {
    pub background: Background,
    pub addr: SocketAddr,
    pub data: PathBuf,
    pub database: Database,
    pub clock: Arc<AtomicI64>,
}

/// An empty folder of that name below the build folder.
pub fn folder(name: &str) -> PathBuf {
    static COUNT: AtomicU64 = AtomicU64::new(0);
    let count = COUNT.fetch_add(1, Ordering::Relaxed);
    let path = PathBuf::from(env!("CARGO_TARGET_TMPDIR"))
        .join(format!("server-{name}-{}-{count}", std::process::id()));
    let _ = std::fs::remove_dir_all(&path);
    path
}

impl TestServer {
    pub fn start(db: Db, name: &str) -> Self {
        Self::start_with(db, folder(name), |_| {})
    }

    /// On an empty database, unless `change` names another one.
    pub fn start_with(db: Db, data: PathBuf, change: impl FnOnce(&mut Config)) -> Self {
        let clock = Arc::new(AtomicI64::new(MORNING));
        let mut config = Config::local(&data);
        config.database = Some(db.place(&data));
        let hand = Arc::clone(&clock);
        config.clock = Arc::new(move || Timestamp(hand.load(Ordering::Relaxed)));
        change(&mut config);
        let database = config.database.clone().unwrap();
        let background = start_background(config).unwrap();
        Self { addr: background.addr, background, data, database, clock }
    }

    /// Another server on the same database, with a clock of its own.
    pub fn beside(&self) -> Self {
        let folder = folder("beside");
        Self::start_with(Db::Sqlite, folder, |config| config.database = Some(self.database.clone()))
    }

    /// How many entries the ledger has.
    pub fn entries(&self) -> u64 {
        number(&self.database, "SELECT count(*) FROM event").unsigned_abs()
    }

    /// What does not add up, the newest first.
    pub fn open(&self) -> Vec<DiscrepancyState> {
        self.background.run(async |storage| storage.discrepancies(SITE, true).await).unwrap().0
    }

    pub fn devices(&self) -> Vec<DeviceState> {
        self.background.run(async |storage| storage.devices(SITE).await).unwrap()
    }

    pub fn later(&self, ms: i64) {
        self.clock.fetch_add(ms, Ordering::Relaxed);
    }

    /// The console's page, as a supervisor sees it who has just signed in.
    pub fn page(&self) -> Answer {
        let now = Timestamp(self.clock.load(Ordering::Relaxed));
        let (name, badge, pin) = ("Sue".to_owned(), Uuid::now_v7().to_string(), "246810".to_owned());
        let form = format!("badge={badge}&pin={pin}");
        let (role, language) = (Role::Supervisor, String::new());
        let new = NewUser { name, badge, role, language, pin: Some(pin) };
        self.background.run(async move |storage| add(&storage, SITE, new, "test", now).await).unwrap();
        let kind = [("content-type", "application/x-www-form-urlencoded")];
        let signed = call(self.addr, "POST", "/sign-in", &kind, form.as_bytes());
        let cookie = signed.header("set-cookie").unwrap_or_else(|| panic!("{}", signed.text()));
        call(self.addr, "GET", "/", &[("cookie", cookie.split(';').next().unwrap())], b"")
    }

    pub fn enrol(&self, name: &str) -> Handheld {
        let token = self.background.token(SITE, "").unwrap();
        let hand = Arc::clone(&self.clock);
        let clock: Clock = Arc::new(move || Timestamp(hand.load(Ordering::Relaxed)));
        Handheld { clock, ..Handheld::enrol(self.addr, token.reveal(), name) }
    }
}

impl Drop for TestServer {
    fn drop(&mut self) {
        if !std::thread::panicking() {
            let _ = std::fs::remove_dir_all(&self.data);
        }
    }
}

#[derive(Debug)]
pub struct Answer {
    pub status: u16,
    pub head: String,
    pub body: Vec<u8>,
}

impl Answer {
    pub fn json<T: DeserializeOwned>(&self) -> T {
        serde_json::from_slice(&self.body).unwrap_or_else(|error| panic!("{error}: {}", self.text()))
    }

    pub fn text(&self) -> String {
        String::from_utf8_lossy(&self.body).into_owned()
    }

    pub fn header(&self, name: &str) -> Option<&str> {
        self.head.lines().find_map(|line| {
            let (key, value) = line.split_once(':')?;
            key.eq_ignore_ascii_case(name).then(|| value.trim())
        })
    }

    /// The stable code of an error.
    pub fn code(&self) -> String {
        let value: serde_json::Value = self.json();
        assert!(value["message"].as_str().is_some_and(|text| !text.is_empty()), "{value}");
        value["code"].as_str().unwrap().to_owned()
    }
}

/// One request on a connection of its own. HTTP/1.0, so that the answer is never in chunks.
pub fn call(addr: SocketAddr, method: &str, path: &str, headers: &[(&str, &str)], body: &[u8]) -> Answer {
    raw(addr, &message(method, path, headers, body))
}

fn message(method: &str, path: &str, headers: &[(&str, &str)], body: &[u8]) -> Vec<u8> {
    let mut request = format!("{method} {path} HTTP/1.0\r\nhost: test\r\ncontent-length: {}\r\n", body.len());
    for (name, value) in headers {
        request.push_str(&format!("{name}: {value}\r\n"));
    }
    request.push_str("\r\n");
    let mut bytes = request.into_bytes();
    bytes.extend_from_slice(body);
    bytes
}

/// Sends bytes as they are and reads the answer to its end.
pub fn raw(addr: SocketAddr, bytes: &[u8]) -> Answer {
    try_raw(addr, bytes).expect("no answer")
}

/// The same; `None` where nobody is there or the answer is cut short.
pub fn try_raw(addr: SocketAddr, bytes: &[u8]) -> Option<Answer> {
    let mut stream = TcpStream::connect(addr).ok()?;
    // A server that has seen enough answers and closes before everything was sent.
    let _ = stream.write_all(bytes);
    let mut answer = Vec::new();
    let _ = stream.read_to_end(&mut answer);
    let end = answer.windows(4).position(|window| window == b"\r\n\r\n")?;
    let head = String::from_utf8_lossy(&answer[..end]).into_owned();
    let status = head.split(' ').nth(1).unwrap().parse().unwrap();
    let answer = Answer { status, head, body: answer[end + 4..].to_vec() };
    let whole = answer.header("content-length").is_none_or(|length| length.parse() == Ok(answer.body.len()));
    whole.then_some(answer)
}

/// A handheld's memory: what it made, in its chain.
#[derive(Clone)]
pub struct Handheld {
    pub addr: SocketAddr,
    pub device: DeviceId,
    pub key: DeviceKey,
    /// What it signs by.
    pub clock: Clock,
    pub epoch: u32,
    pub server_epoch: ServerEpoch,
    pub made: Vec<Envelope>,
    pub now: Timestamp,
    pub events: u128,
}

/// A key of its own for each call.
pub fn new_key() -> DeviceKey {
    let halves = [*Uuid::now_v7().as_bytes(), *Uuid::now_v7().as_bytes()];
    DeviceKey::from_seed(halves.concat().as_slice().try_into().unwrap())
}

pub fn enrolment(token: &str, name: &str, key: &DeviceKey) -> EnrolRequest {
    let (token, name, public) = (token.to_owned(), name.to_owned(), key.public());
    let proof = key.sign(&EnrolRequest::message(&token, &name, &public));
    EnrolRequest { token, name, key: public, proof }
}

impl Handheld {
    /// A new device, by the system's clock.
    pub fn enrol(addr: SocketAddr, token: &str, name: &str) -> Self {
        let key = new_key();
        let body = serde_json::to_vec(&enrolment(token, name, &key)).unwrap();
        let answer = call(addr, "POST", "/v1/enrol", &[], &body);
        assert_eq!(answer.status, 200, "{}", answer.text());
        let reply: EnrolReply = answer.json();
        Self {
            addr,
            device: reply.device,
            key,
            clock: system_clock(),
            epoch: reply.epoch,
            server_epoch: reply.server_epoch,
            made: Vec::new(),
            now: Timestamp(MORNING),
            events: 0,
        }
    }

    /// An event of this device that is in no chain yet.
    pub fn event(&mut self, operator: i64, body: Body) -> Event {
        self.events += 1;
        Event {
            v: 1,
            id: EventId(Uuid::from_u128(self.device.0.as_u128() ^ (self.events << 64))),
            site: SITE,
            device: self.device,
            operator: UserId(operator),
            at: self.now,
            skew_ms: None,
            body,
        }
    }

    /// Confirms an event: it is in the chain now. Its id.
    pub fn confirm(&mut self, body: Body) -> EventId {
        let event = self.event(1, body);
        self.chain(String::from_utf8(event.encode().unwrap()).unwrap());
        event.id
    }

    /// Puts bytes, good or bad, at the end of the chain.
    pub fn chain(&mut self, bytes: String) {
        let prev = self.made.last().map_or_else(Hash::default, |last| last.hash);
        let hash = Hash::chain(prev, bytes.as_bytes());
        self.made.push(Envelope { seq: self.made.len() as u64 + 1, bytes, hash });
    }

    /// The push of the events `from..to`, counted from 0.
    pub fn request(&self, from: usize, to: usize) -> PushRequest {
        PushRequest {
            device: self.device,
            epoch: self.epoch,
            server_epoch: self.server_epoch,
            device_now: self.now,
            prev_hash: from.checked_sub(1).map_or_else(Hash::default, |last| self.made[last].hash),
            events: self.made[from..to].to_vec(),
            signature: self.key.sign(b""),
        }
    }

    /// Signs the head and sends.
    pub fn send(&self, request: &PushRequest) -> Answer {
        self.post("/v1/push", &self.sealed(request))
    }

    /// The body of a push with its head signed.
    pub fn sealed(&self, request: &PushRequest) -> Vec<u8> {
        let head = head_message(SITE, self.device, request.epoch, request.head());
        serde_json::to_vec(&PushRequest { signature: self.key.sign(&head), ..request.clone() }).unwrap()
    }

    /// Pushes the events `from..to` and expects them to be taken.
    pub fn push(&self, from: usize, to: usize) -> PushReply {
        let answer = self.send(&self.request(from, to));
        assert_eq!(answer.status, 200, "{}", answer.text());
        answer.json()
    }

    /// Pushes everything.
    pub fn push_all(&self) -> PushReply {
        self.push(0, self.made.len())
    }

    pub fn post(&self, path: &str, body: &[u8]) -> Answer {
        self.call("POST", path, &[], body)
    }

    pub fn get(&self, path: &str) -> Answer {
        self.call("GET", path, &[], b"")
    }

    pub fn call(&self, method: &str, path: &str, headers: &[(&str, &str)], body: &[u8]) -> Answer {
        let claim = self.claim(method, path, body).to_string();
        let headers = [headers, &[("authorization", claim.as_str())]].concat();
        call(self.addr, method, path, &headers, body)
    }

    /// A signed request to any server; `None` where it does not answer.
    #[cfg(feature = "postgres")]
    pub fn try_call(&self, addr: SocketAddr, method: &str, path: &str, body: &[u8]) -> Option<Answer> {
        let claim = self.claim(method, path, body).to_string();
        try_raw(addr, &message(method, path, &[("authorization", &claim)], body))
    }

    pub fn claim(&self, method: &str, path: &str, body: &[u8]) -> Claim {
        self.claim_at((self.clock)(), method, path, body)
    }

    pub fn claim_at(&self, time: Timestamp, method: &str, path: &str, body: &[u8]) -> Claim {
        let (site, device, nonce) = (SITE, self.device, Uuid::now_v7());
        let signature = self.key.sign(&Claim::message((site, device), (time, nonce), method, path, body));
        Claim { site, device, time, nonce, signature }
    }

    pub fn hello(&self) -> Hello {
        self.get("/v1/hello").json()
    }

    pub fn page(&self, stream: Stream, after: Head, limit: usize) -> Answer {
        let (epoch, Head { seq, hash }) = (self.server_epoch.0, after);
        let name = stream.name();
        self.get(&format!("/v1/pull?stream={name}&epoch={epoch}&after={seq}&hash={hash}&limit={limit}"))
    }

    /// All pages of a stream.
    pub fn pull(&self, stream: Stream, limit: usize) -> Vec<PullReply> {
        let (mut pages, mut after) = (Vec::<PullReply>::new(), Head::default());
        loop {
            let page: PullReply = self.page(stream, after, limit).json();
            after = page.next;
            let done = page.next == page.head;
            pages.push(page);
            if done {
                return pages;
            }
        }
    }
}

/// So many units of lot `lot` of item 7 from one place to another.
pub fn movement(lot: &str, units: i64, from: i64, to: i64) -> Movement {
    Movement {
        item: ItemId(7),
        lot: Some(LotNumber::new(lot).unwrap()),
        serial: None,
        quantity: Quantity::new(units).unwrap(),
        from: Place::at(LocationId(from)),
        to: Place::at(LocationId(to)),
        line: None,
    }
}

/// So many units of lot L1 come to the dock, place 10.
pub fn receipt(units: i64) -> Body {
    Body::Receipt(Receipt {
        order: None,
        supplier: None,
        lots: vec![LotFacts {
            item: ItemId(7),
            lot: LotNumber::new("L1").unwrap(),
            expiry: "2027-03-14".parse().ok(),
            best_before: None,
            produced: None,
            supplier_lot: None,
            vintage: None,
            origin: None,
        }],
        lines: vec![movement("L1", units, -1, 10)],
        reason: None,
    })
}
