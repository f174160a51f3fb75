//! Devices that have worked offline: what they made, packed as they will send it, and how they send it.

use super::{EVENTS, SITE};
use crate::report::Times;
use crate::sync::{open_orders, story};
use firstout::demo::{Rng, Warehouse};
use firstout::domain::{DeviceId, DeviceKey, EVENT_VERSION, Event, EventId, LotNumber, Signature, UserId};
use firstout::server::system_clock;
use firstout::sync::engine::Backoff;
use firstout::sync::wire::{
    Claim, Envelope, Hash, Head, PULL_ENTRIES_MAX, PullReply, PushReply, PushRequest, REQUEST_BYTES_MAX,
    REQUEST_EVENTS_MAX, ServerEpoch, head_message,
};
use http_body_util::{BodyExt as _, Full};
use hyper::Request;
use hyper::body::Bytes;
use hyper_util::client::legacy::Client;
use hyper_util::client::legacy::connect::HttpConnector;
use hyper_util::rt::TokioExecutor;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::{Duration, Instant};
use tokio::io::AsyncWriteExt as _;
use tokio::net::TcpStream;
use tokio::task::JoinSet;
use uuid::Uuid;

/// As the handheld packs.
const ZSTD_LEVEL: i32 = 3;
/// Syncs of the healthy device beside half-open sockets.
const HEALTHY: usize = 200;

pub type Http = Client<HttpConnector, Full<Bytes>>;

pub struct Herd {
    pub epoch: ServerEpoch,
    pub devices: Vec<Device>,
}

pub struct Device {
    device: DeviceId,
    key: DeviceKey,
    pushes: Vec<Push>,
}

struct Push {
    last: u64,
    packed: Bytes,
}

/// How it went.
#[derive(Default)]
pub struct Handled {
    pub took: Duration,
    pub requests: Times,
    /// Requests that were asked to come again later.
    pub later: usize,
}

impl Device {
    pub fn new(device: DeviceId, key: DeviceKey, epoch: ServerEpoch, site: &Warehouse) -> Self {
        let events = events(device, site);
        let (mut pushes, mut head, mut rest) = (Vec::new(), Head::default(), events.as_slice());
        while !rest.is_empty() {
            let mut bytes = 0;
            let fits = |text: &&String| {
                bytes += text.len();
                bytes <= REQUEST_BYTES_MAX
            };
            let count = rest.iter().take(REQUEST_EVENTS_MAX).take_while(fits).count();
            let (now, later) = rest.split_at(count);
            let prev_hash = head.hash;
            let envelopes = now.iter().map(|text| {
                head = Head { seq: head.seq + 1, hash: Hash::chain(head.hash, text.as_bytes()) };
                Envelope { seq: head.seq, bytes: text.clone(), hash: head.hash }
            });
            let envelopes: Vec<Envelope> = envelopes.collect();
            let mut push = PushRequest {
                device,
                epoch: 1,
                server_epoch: epoch,
                device_now: system_clock()(),
                prev_hash,
                events: envelopes,
                signature: Signature([0; 64]),
            };
            push.signature = key.sign(&head_message(SITE, device, 1, push.head()));
            let json = serde_json::to_vec(&push).expect("JSON");
            let packed = zstd::encode_all(json.as_slice(), ZSTD_LEVEL).expect("it packs").into();
            pushes.push(Push { last: head.seq, packed });
            rest = later;
        }
        Self { device, key, pushes }
    }

    fn signed(&self, addr: SocketAddr, method: &str, path: &str, body: Bytes) -> Request<Full<Bytes>> {
        let (device, time, nonce) = (self.device, system_clock()(), Uuid::now_v7());
        let message = Claim::message((SITE, device), (time, nonce), method, path, &body);
        let signature = self.key.sign(&message);
        let claim = Claim { site: SITE, device, time, nonce, signature };
        let request = Request::builder().method(method).uri(format!("http://{addr}{path}"));
        let request = request.header("authorization", claim.to_string());
        let request = if body.is_empty() { request } else { request.header("content-encoding", "zstd") };
        request.body(Full::new(body)).expect("a request")
    }

    /// One request until it is served; the times of all tries are kept.
    async fn ask(&self, http: &Http, to: (SocketAddr, &str, &str), body: &Bytes, seen: &mut Seen) -> Bytes {
        let (addr, method, path) = to;
        loop {
            let began = Instant::now();
            let answer =
                http.request(self.signed(addr, method, path, body.clone())).await.expect("an answer");
            let status = answer.status().as_u16();
            let retry_after =
                answer.headers().get("retry-after").and_then(|value| value.to_str().ok()?.parse().ok());
            let bytes = answer.into_body().collect().await.expect("a body").to_bytes();
            seen.times.push(began.elapsed());
            match status {
                200 => {
                    seen.backoff.reset();
                    return bytes;
                }
                503 => {
                    seen.later += 1;
                    let wait_ms = seen.backoff.fail(retry_after);
                    tokio::time::sleep(Duration::from_millis(wait_ms.unsigned_abs())).await;
                }
                other => panic!("{method} {path}: {other} {}", String::from_utf8_lossy(&bytes)),
            }
        }
    }

    /// What a handheld does when its network is back, until everything of it is safe.
    async fn reconnect(&self, http: &Http, addr: SocketAddr, epoch: ServerEpoch, seed: u64) -> Seen {
        let mut seen = Seen { times: Vec::new(), later: 0, backoff: Backoff::new(seed) };
        let none = Bytes::new();
        let last = self.pushes.last().map_or(0, |push| push.last);
        let hello = format!("/v1/hello?head={last}");
        self.ask(http, (addr, "GET", &hello), &none, &mut seen).await;
        let control = page("control", epoch, Head::default());
        self.ask(http, (addr, "GET", &control), &none, &mut seen).await;
        for push in &self.pushes {
            let bytes = self.ask(http, (addr, "POST", "/v1/push"), &push.packed, &mut seen).await;
            let reply: PushReply = serde_json::from_slice(&bytes).expect("a reply");
            assert!(reply.acked_through >= push.last, "{reply:?}");
        }
        seen
    }
}

struct Seen {
    times: Vec<Duration>,
    later: usize,
    backoff: Backoff,
}

fn page(stream: &str, epoch: ServerEpoch, after: Head) -> String {
    let Head { seq, hash } = after;
    format!("/v1/pull?stream={stream}&epoch={}&after={seq}&hash={hash}&limit={PULL_ENTRIES_MAX}", epoch.0)
}

/// A device's own days: each lot comes in on a pallet, is put away and is picked from in pieces.
fn events(device: DeviceId, site: &Warehouse) -> Vec<String> {
    let mut rng = Rng::new(device.0.as_u64_pair().1);
    let (mut made, mut lot) = (Vec::with_capacity(EVENTS), 0);
    let (now, open) = (system_clock()(), open_orders(site));
    while made.len() < EVENTS {
        lot += 1;
        let item = rng.pick(&site.items).expect("items").id;
        let tail = device.0.as_u64_pair().1 & 0xffff_ffff;
        let number = LotNumber::new(&format!("B{tail:x}-{lot}")).expect("a lot number");
        let shelf = rng.pick(&site.locations).expect("locations").id;
        let order = *rng.pick(&open).expect("orders");
        for body in story(item, &number, site.site.dock, shelf, site.site.staging, order) {
            if made.len() == EVENTS {
                break;
            }
            let n = made.len() as u64;
            let id = EventId(Uuid::from_u64_pair(device.0.as_u64_pair().1, n));
            let at = now.plus_ms(n as i64 - EVENTS as i64);
            let (v, operator, skew_ms) = (EVENT_VERSION, UserId(1), Some(0));
            let event = Event { v, id, site: SITE, device, operator, at, skew_ms, body };
            made.push(String::from_utf8(event.encode().expect("an event")).expect("text"));
        }
    }
    made
}

pub fn client() -> Http {
    Client::builder(TokioExecutor::new()).pool_idle_timeout(Duration::from_secs(15)).build_http()
}

impl Herd {
    pub fn events(&self) -> usize {
        self.devices.len() * EVENTS
    }

    /// The pushes of all devices, as they are sent, the first of each before the second of any.
    pub fn packed(&self) -> impl Iterator<Item = &[u8]> {
        let most = self.devices.iter().map(|device| device.pushes.len()).max().unwrap_or(0);
        let nth = |n| self.devices.iter().filter_map(move |device| device.pushes.get(n));
        (0..most).flat_map(nth).map(|push| &*push.packed)
    }

    /// All at once.
    pub async fn reconnect(self: &Arc<Self>, addr: SocketAddr) -> Handled {
        let (began, http) = (Instant::now(), client());
        let mut handled = Handled::default();
        let mut all = JoinSet::new();
        for n in 0..self.devices.len() {
            let (herd, http) = (Arc::clone(self), http.clone());
            all.spawn(async move {
                let device = herd.devices.get(n).expect("a device");
                device.reconnect(&http, addr, herd.epoch, n as u64).await
            });
        }
        for seen in all.join_all().await {
            seen.times.into_iter().for_each(|time| handled.requests.push(time));
            handled.later += seen.later;
        }
        handled.took = began.elapsed();
        handled
    }

    /// The first so many entries of the site's stream, page by page.
    pub async fn pull(&self, addr: SocketAddr, wanted: usize) -> usize {
        let (http, device) = (client(), self.devices.first().expect("a device"));
        let mut seen = Seen { times: Vec::new(), later: 0, backoff: Backoff::new(1) };
        let (mut at, mut taken) = (Head::default(), 0);
        while taken < wanted {
            let path = page("site", self.epoch, at);
            let bytes = device.ask(&http, (addr, "GET", &path), &Bytes::new(), &mut seen).await;
            let reply: PullReply = serde_json::from_slice(&bytes).expect("a page");
            taken += reply.events.len();
            at = reply.next;
        }
        taken
    }

    /// Sockets that begin a request and say no more, and the requests of a device that goes on beside them.
    pub async fn beside_half_open(&self, addr: SocketAddr, sockets: usize) -> Times {
        let mut open = Vec::with_capacity(sockets);
        for _ in 0..sockets {
            let mut socket = TcpStream::connect(addr).await.expect("a socket");
            socket.write_all(b"POST /v1/push HTTP/1.1\r\nhost:").await.expect("half a word");
            open.push(socket);
        }
        let (http, device) = (client(), self.devices.first().expect("a device"));
        let mut times = Times::default();
        for round in 0..HEALTHY {
            let seen = device.reconnect(&http, addr, self.epoch, round as u64).await;
            seen.times.into_iter().for_each(|time| times.push(time));
        }
        times
    }
}
