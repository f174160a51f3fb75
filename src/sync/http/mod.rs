//! The HTTP executor of the sync engine: reqwest, blocking, on a thread of its own.
//!
//! It has time-outs for connecting and for the whole exchange, limits for what it reads, follows no redirect (a captive
//! portal's first trick) and trusts no certificate but those it was given.

mod body;
mod snapshot;
mod tls;

pub use body::{DECODED_BYTES_MAX, ENCODED_BYTES_MAX};
pub use snapshot::SNAPSHOT_BYTES_MAX;
pub use tls::TrustError;

use super::engine::{Failure, Reply};
use super::transport::{Request, Transport};
use super::wire::{Conflict, EnrolReply, EnrolRequest, PullRequest};
use reqwest::blocking::{Client, RequestBuilder, Response};
use reqwest::header::{ACCEPT_ENCODING, AUTHORIZATION, CONTENT_ENCODING, CONTENT_TYPE, RETRY_AFTER};
use reqwest::{StatusCode, redirect};
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
    secret: String,
    /// Where a snapshot grows while it is fetched.
    part: PathBuf,
}

impl HttpTransport {
    /// `url` is the server's address, `secret` comes from enrolment, `roots` are the certificates to trust (PEM; may be
    /// empty), and `folder` is where a half-fetched snapshot is kept.
    ///
    /// # Errors
    /// See [`HttpError`].
    pub fn new(url: &str, secret: &str, roots: &[u8], folder: &Path) -> Result<Self, HttpError> {
        let base = clean(url)?;
        let part = folder.join("snapshot.part");
        Ok(Self { client: client(roots)?, base, secret: secret.to_owned(), part })
    }

    fn get(&self, path: &str) -> RequestBuilder {
        self.authorised(self.client.get(format!("{}{path}", self.base)))
    }

    fn authorised(&self, request: RequestBuilder) -> RequestBuilder {
        request.header(AUTHORIZATION, format!("Bearer {}", self.secret)).header(ACCEPT_ENCODING, "zstd, gzip")
    }
}

impl Transport for HttpTransport {
    fn send(&mut self, request: &Request) -> Result<Reply, Failure> {
        let whole = Duration::from_secs(EXCHANGE_S_MAX);
        match request {
            Request::Hello(head) => {
                let path = head.map_or("/v1/hello".into(), |head| format!("/v1/hello?head={head}"));
                let response = exchange(self.get(&path).timeout(whole))?;
                body::json(response).map(Reply::Hello)
            }
            Request::Push(push) => {
                let bytes = serde_json::to_vec(push).map_err(|_| Failure::Storage)?;
                let post = self.authorised(self.client.post(format!("{}/v1/push", self.base)));
                let response = exchange_or_conflict(with_json(post, bytes)?.timeout(whole))?;
                response.map_or_else(
                    |conflict| Ok(Reply::Conflict(conflict)),
                    |response| body::json(response).map(Reply::Pushed),
                )
            }
            Request::Pull(pull) => {
                let get = self.get(&format!("/v1/pull?{}", query(pull))).timeout(whole);
                exchange_or_conflict(get)?.map_or_else(
                    |conflict| Ok(Reply::Conflict(conflict)),
                    |response| body::json(response).map(Reply::Pulled),
                )
            }
            Request::Snapshot => {
                let get = self.get("/v1/snapshot/site");
                snapshot::fetch(get, &self.part).map(Reply::Snapshot)
            }
        }
    }
}

/// Makes this device known to a server: a one-time token becomes an id and a secret.
///
/// # Errors
/// [`HttpError`] where no request can be made, [`Failure`] inside where it brought no answer.
pub fn enrol(
    url: &str,
    token: &str,
    name: &str,
    roots: &[u8],
) -> Result<Result<EnrolReply, Failure>, HttpError> {
    let base = clean(url)?;
    let request = EnrolRequest { token: token.to_owned(), name: name.to_owned() };
    let post = client(roots)?.post(format!("{base}/v1/enrol"));
    let sent = serde_json::to_vec(&request)
        .map_err(|_| Failure::Storage)
        .and_then(|bytes| with_json(post, bytes))
        .and_then(|post| exchange(post.timeout(Duration::from_secs(EXCHANGE_S_MAX))));
    Ok(sent.and_then(body::json))
}

fn client(roots: &[u8]) -> Result<Client, HttpError> {
    Ok(Client::builder()
        .tls_backend_preconfigured(tls::client_config(roots)?)
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

fn with_json(request: RequestBuilder, bytes: Vec<u8>) -> Result<RequestBuilder, Failure> {
    let request = request.header(CONTENT_TYPE, "application/json");
    if bytes.len() < COMPRESS_BYTES_MIN {
        return Ok(request.body(bytes));
    }
    let packed = zstd::encode_all(&*bytes, ZSTD_LEVEL).map_err(|_| Failure::Storage)?;
    Ok(request.header(CONTENT_ENCODING, "zstd").body(packed))
}

/// Sends; anything but success is a failure.
fn exchange(request: RequestBuilder) -> Result<Response, Failure> {
    let response = request.send().map_err(|error| failure(&error))?;
    if response.status().is_success() { Ok(response) } else { Err(refusal(&response)) }
}

/// As [`exchange`], but a 409 of ours is an answer.
fn exchange_or_conflict(request: RequestBuilder) -> Result<Result<Response, Conflict>, Failure> {
    let response = request.send().map_err(|error| failure(&error))?;
    match response.status() {
        status if status.is_success() => Ok(Ok(response)),
        StatusCode::CONFLICT => body::json(response).map(Err),
        _ => Err(refusal(&response)),
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
        if at.is::<rustls::Error>() {
            return Failure::Tls;
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
