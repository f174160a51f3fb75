//! The HTTP executor of the sync engine: reqwest, blocking, on a thread of its own.
//!
//! It has time-outs for connecting and for the whole exchange, limits for what it reads, follows no redirect (a captive
//! portal's first trick) and trusts no certificate but those it was given.

mod body;
mod signer;
mod snapshot;
mod tls;

pub use body::{DECODED_BYTES_MAX, ENCODED_BYTES_MAX};
pub use signer::{Clock, Signer};
pub use snapshot::SNAPSHOT_BYTES_MAX;
use tls::Trust;
pub use tls::TrustError;

use super::engine::TlsFault;
use super::engine::{Failure, Reply, Standing};
use super::transport::{Request, Transport};
use super::wire::{Conflict, EnrolReply, EnrolRequest, Invitation, PullRequest};
use crate::domain::{DeviceKey, Timestamp};
use reqwest::blocking::{Client, Response};
use reqwest::header::{
    ACCEPT_ENCODING, AUTHORIZATION, CONTENT_ENCODING, CONTENT_TYPE, HeaderMap, HeaderValue, RETRY_AFTER,
};
use reqwest::{Method, StatusCode, redirect};
use serde::Deserialize;
use std::path::{Path, PathBuf};
use std::time::Duration;

/// Time to connect.
pub const CONNECT_S_MAX: u64 = 5;
/// Time between two pieces of an answer, where the whole exchange has no limit (snapshots).
pub const READ_S_MAX: u64 = 20;
/// Time for a whole exchange other than a snapshot.
pub const EXCHANGE_S_MAX: u64 = 60;
/// An idle connection is not used again after this: servers close theirs after 20 s.
const IDLE_S_MAX: u64 = 15;
/// Bodies below this are sent as they are.
const COMPRESS_BYTES_MIN: usize = 1_024;
/// A battery that is so many per cent fuller or emptier than the server was told is worth a word.
const BATTERY_STEP: u8 = 5;
/// zstd level of what is sent: the handheld's time is worth more than the last few per cent.
const ZSTD_LEVEL: i32 = 1;

/// Why there is no client.
#[derive(Debug, thiserror::Error)]
pub enum HttpError {
    /// The address is not one.
    #[error("{0:?} is not a server's address; it begins with http:// or https://")]
    Address(String),
    /// See [`TrustError`].
    #[error(transparent)]
    Trust(#[from] TrustError),
    /// The HTTP library cannot start.
    #[error("no HTTP client: {0}")]
    Client(#[from] reqwest::Error),
}

/// One server as seen from one device.
#[derive(Debug)]
pub struct HttpTransport {
    client: Client,
    base: String,
    signer: Signer,
    /// Where a snapshot grows while it is fetched.
    part: PathBuf,
    battery: fn() -> Option<u8>,
    told: Told,
}

/// What the server was told of the handheld itself; it hears again what is another now.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
struct Told {
    app: bool,
    battery: Option<u8>,
}

/// A request before it is signed: it may have to be signed twice.
struct Call {
    method: Method,
    path: String,
    headers: HeaderMap,
    body: Vec<u8>,
    time_max: Option<Duration>,
}

impl Call {
    fn get(path: String) -> Self {
        let headers = HeaderMap::from_iter([(ACCEPT_ENCODING, HeaderValue::from_static("zstd, gzip"))]);
        let time_max = Some(Duration::from_secs(EXCHANGE_S_MAX));
        Self { method: Method::GET, path, headers, body: Vec::new(), time_max }
    }

    fn post(path: String, bytes: Vec<u8>) -> Result<Self, Failure> {
        let mut call = Self { method: Method::POST, ..Self::get(path) };
        call.headers.insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
        call.body = bytes;
        if call.body.len() >= COMPRESS_BYTES_MIN {
            call.body = zstd::encode_all(&*call.body, ZSTD_LEVEL).map_err(|_| Failure::Storage)?;
            call.headers.insert(CONTENT_ENCODING, HeaderValue::from_static("zstd"));
        }
        Ok(call)
    }
}

/// What a 401 says where the server's clock, or a request that came twice, is all that is wrong.
#[derive(Deserialize)]
struct Unsigned {
    now: Option<Timestamp>,
}

impl HttpTransport {
    /// `url` is the server's address, `roots` are the certificates to trust (PEM; may be empty), and `folder` is where a
    /// half-fetched snapshot is kept.
    ///
    /// # Errors
    /// See [`HttpError`].
    pub fn new(url: &str, signer: Signer, roots: &[u8], folder: &Path) -> Result<Self, HttpError> {
        let base = clean(url)?;
        let part = folder.join("snapshot.part");
        let client = client(Trust::Roots(roots), &signer.clock)?;
        Ok(Self { client, base, signer, part, battery: || None, told: Told::default() })
    }

    /// Tells the server with each hello how full the battery is, in per cent, where `battery` knows.
    #[must_use]
    pub fn with_battery(self, battery: fn() -> Option<u8>) -> Self {
        Self { battery, ..self }
    }

    fn hello(&mut self, standing: Standing) -> Result<Reply, Failure> {
        let mut told = self.told;
        let mut parts = Vec::new();
        parts.extend(standing.head.map(|head| format!("head={head}")));
        parts.extend(standing.master.map(|master| format!("master={master}")));
        parts.extend(standing.control.map(|control| format!("control={control}")));
        if !told.app {
            parts.push(format!("app={}", env!("CARGO_PKG_VERSION")));
            told.app = true;
        }
        let moved = |level: &u8| told.battery.is_none_or(|known| known.abs_diff(*level) >= BATTERY_STEP);
        if let Some(level) = (self.battery)().filter(moved) {
            parts.push(format!("battery={level}"));
            told.battery = Some(level);
        }
        let mark = if parts.is_empty() { "" } else { "?" };
        let call = Call::get(format!("/v1/hello{mark}{}", parts.join("&")));
        let reply = body::json(good(self.send_signed(&call)?)?).map(Reply::Hello)?;
        self.told = told;
        Ok(reply)
    }

    /// Sends; where the server says that the time is another one, learns it and sends once more.
    fn send_signed(&mut self, call: &Call) -> Result<Response, Failure> {
        let response = self.send_once(call)?;
        if response.status() != StatusCode::UNAUTHORIZED || !body::is_json(&response) {
            return Ok(response);
        }
        let refused = refusal(&response);
        match body::json(response) {
            Ok(Unsigned { now: Some(now) }) => {
                self.signer.adopt(now);
                self.send_once(call)
            }
            _ => Err(refused),
        }
    }

    fn send_once(&self, call: &Call) -> Result<Response, Failure> {
        let claim = self.signer.claim(call.method.as_str(), &call.path, &call.body)?;
        let request = self
            .client
            .request(call.method.clone(), format!("{}{}", self.base, call.path))
            .headers(call.headers.clone())
            .header(AUTHORIZATION, claim.to_string());
        let request = if call.method == Method::GET { request } else { request.body(call.body.clone()) };
        let request = match call.time_max {
            Some(time) => request.timeout(time),
            None => request,
        };
        request.send().map_err(|error| failure(&error))
    }
}

impl Transport for HttpTransport {
    fn send(&mut self, request: &Request) -> Result<Reply, Failure> {
        match request {
            Request::Hello(standing) => self.hello(*standing),
            Request::Push(push) => {
                let bytes = serde_json::to_vec(push).map_err(|_| Failure::Storage)?;
                let call = Call::post("/v1/push".into(), bytes)?;
                good_or_conflict(self.send_signed(&call)?)?.map_or_else(
                    |conflict| Ok(Reply::Conflict(conflict)),
                    |response| body::json(response).map(Reply::Pushed),
                )
            }
            Request::Pull(pull) => {
                let call = Call::get(format!("/v1/pull?{}", query(pull)));
                good_or_conflict(self.send_signed(&call)?)?.map_or_else(
                    |conflict| Ok(Reply::Conflict(conflict)),
                    |response| body::json(response).map(Reply::Pulled),
                )
            }
            Request::Snapshot => {
                let part = self.part.clone();
                let fetch = |headers| {
                    let call = Call { headers, time_max: None, ..Call::get("/v1/snapshot/site".into()) };
                    self.send_signed(&call)
                };
                snapshot::fetch(fetch, &part).map(Reply::Snapshot)
            }
        }
    }
}

/// A device that is one now.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Enrolled {
    /// What the server says.
    pub reply: EnrolReply,
    /// The authorities to trust from now on, PEM; empty where the address is plain `http`.
    pub roots: String,
}

/// Makes this device known to a server: a one-time token and a key that the device made become a device. Nothing is sent
/// before the server has shown the authority of the invitation; without one in it, `roots` (PEM) are trusted.
///
/// # Errors
/// [`HttpError`] where no request can be made, [`Failure`] inside where it brought no answer.
pub fn enrol(
    invitation: &Invitation,
    name: &str,
    key: &DeviceKey,
    roots: &str,
    clock: &Clock,
) -> Result<Result<Enrolled, Failure>, HttpError> {
    let base = clean(&invitation.url)?;
    if invitation.authority.is_some() && !base.starts_with("https://") {
        return Ok(Err(Failure::Tls(TlsFault::Plain)));
    }
    let (token, name, public) = (invitation.token.clone(), name.to_owned(), key.public());
    let proof = key.sign(&EnrolRequest::message(&token, &name, &public));
    let request = EnrolRequest { token, name, key: public, proof };
    let Ok(bytes) = serde_json::to_vec(&request) else { return Ok(Err(Failure::Storage)) };
    let trust = invitation.authority.map_or(Trust::Roots(roots.as_bytes()), Trust::Pinned);
    let sent = client(trust, clock)?
        .post(format!("{base}/v1/enrol"))
        .header(CONTENT_TYPE, "application/json")
        .timeout(Duration::from_secs(EXCHANGE_S_MAX))
        .body(bytes)
        .send();
    let answered = sent.map_err(|error| failure(&error)).and_then(good).and_then(body::json);
    Ok(answered.and_then(|reply| settle(reply, invitation, roots)))
}

/// The authority that the server hands over must be the one that was scanned.
fn settle(mut reply: EnrolReply, invitation: &Invitation, roots: &str) -> Result<Enrolled, Failure> {
    let Some(fingerprint) = invitation.authority else {
        return Ok(Enrolled { reply, roots: roots.to_owned() });
    };
    let authority = reply.authority.take().unwrap_or_default();
    if !tls::has_fingerprint(&authority, fingerprint) {
        return Err(Failure::Tls(TlsFault::Untrusted));
    }
    Ok(Enrolled { reply, roots: format!("{authority}{roots}") })
}

fn client(trust: Trust<'_>, clock: &Clock) -> Result<Client, HttpError> {
    Ok(Client::builder()
        .tls_backend_preconfigured(tls::client_config(trust, clock)?)
        .redirect(redirect::Policy::none())
        .referer(false)
        .no_proxy()
        // zstd is unpacked here, so that both sizes can be limited.
        .no_zstd()
        .connect_timeout(Duration::from_secs(CONNECT_S_MAX))
        .timeout(Duration::from_secs(READ_S_MAX))
        .pool_idle_timeout(Duration::from_secs(IDLE_S_MAX))
        .tcp_nodelay(true)
        .user_agent(concat!("firstout/", env!("CARGO_PKG_VERSION")))
        .build()?)
}

fn clean(url: &str) -> Result<String, HttpError> {
    let trimmed = url.trim().trim_end_matches('/');
    match reqwest::Url::parse(trimmed) {
        Ok(parsed) if matches!(parsed.scheme(), "http" | "https") && parsed.has_host() => {
            Ok(trimmed.to_owned())
        }
        _ => Err(HttpError::Address(url.to_owned())),
    }
}

fn query(pull: &PullRequest) -> String {
    let PullRequest { stream, epoch, after, hash, limit } = pull;
    format!("stream={}&epoch={}&after={after}&hash={hash}&limit={limit}", stream.name(), epoch.0)
}

/// Anything but success is a failure.
fn good(response: Response) -> Result<Response, Failure> {
    if response.status().is_success() { Ok(response) } else { Err(refusal(&response)) }
}

/// As [`good`], but a 409 of ours is an answer.
fn good_or_conflict(response: Response) -> Result<Result<Response, Conflict>, Failure> {
    match response.status() {
        StatusCode::CONFLICT => body::json(response).map(Err),
        _ => good(response).map(Ok),
    }
}

fn refusal(response: &Response) -> Failure {
    let code = response.status().as_u16();
    // A portal or proxy may forbid things too; only our server's word locks a device out.
    if matches!(code, 401 | 403) && !body::is_json(response) {
        return Failure::NotFirstout;
    }
    let retry_after_s =
        body::header(response, RETRY_AFTER.as_str()).and_then(|text| text.trim().parse().ok());
    Failure::Status { code, retry_after_s }
}

/// What a failed exchange means: looks through the causes for TLS, then asks the library.
fn failure(error: &reqwest::Error) -> Failure {
    let mut cause: Option<&(dyn std::error::Error + 'static)> = Some(error);
    while let Some(at) = cause {
        if let Some(error) = at.downcast_ref::<rustls::Error>() {
            return Failure::Tls(tls::fault(error));
        }
        // An I/O error names what it wraps by `get_ref` only, and the TLS stream wraps twice.
        let wrapped = at.downcast_ref::<std::io::Error>().and_then(std::io::Error::get_ref);
        cause = wrapped.map_or_else(|| at.source(), |inner| Some(inner));
    }
    if error.is_timeout() {
        Failure::TimedOut
    } else if error.is_connect() {
        Failure::Offline
    } else {
        // It was reached and went away in the middle.
        Failure::Truncated
    }
}
