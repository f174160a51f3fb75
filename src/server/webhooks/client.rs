//! One POST, watched from all sides: which address it really goes to, who answers there, how long that takes, and how much
//! is listened to.
//!
//! It is made of a connection and hyper on it, and not of a client that resolves, redirects and pools by itself: what was
//! checked is what is connected to.

use super::address::is_public;
use http_body_util::{BodyExt as _, Full};
use hyper::body::{Bytes, Incoming};
use hyper::client::conn::http1::{Builder, SendRequest};
use hyper::header::{CONTENT_TYPE, HOST, HeaderValue, RETRY_AFTER, USER_AGENT};
use hyper::{Request, Response, Uri};
use hyper_util::rt::TokioIo;
use rustls::pki_types::pem::PemObject as _;
use rustls::pki_types::{CertificateDer, ServerName};
use rustls::{ClientConfig, RootCertStore};
use std::net::{IpAddr, SocketAddr};
use std::sync::{Arc, OnceLock};
use std::time::Duration;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::TcpStream;
use tokio_rustls::TlsConnector;

/// The longest wait for a connection.
const CONNECT_MAX: Duration = Duration::from_secs(10);
/// The longest try; the specification recommends 15 to 30 s.
const TRY_MAX: Duration = Duration::from_secs(20);
/// The longest wait for an answer's body, which says nothing.
const BODY_MAX: Duration = Duration::from_secs(1);
/// Most bytes of an answer's head.
const HEAD_BYTES_MAX: usize = 16 * 1024;
/// Most bytes of an answer's body that are waited for, so that the connection can be used again.
const BODY_BYTES_MAX: usize = 16 * 1024;

/// Where messages may be sent.
#[derive(Debug, Clone, Default)]
pub struct Policy {
    /// To addresses that are not of the open Internet too.
    pub allow_private: bool,
    /// Without TLS too.
    pub allow_http: bool,
    /// Authorities to trust beside the system's (PEM).
    pub roots: Vec<u8>,
}

/// Why there was no answer. The words are for administrators and hold nothing of what was sent.
#[derive(Debug, thiserror::Error)]
pub enum Failure {
    /// What is stored is no address.
    #[error("the address cannot be used")]
    Url,
    /// Plain HTTP.
    #[error("the address is not https; the server was not started with --webhooks-allow-http")]
    Plain,
    /// The name stands for nothing.
    #[error("{host} cannot be found: {error}")]
    Unknown {
        /// The name.
        host: String,
        /// What the system says.
        error: String,
    },
    /// It is not of the open Internet.
    #[error(
        "{0} is not an address of the Internet; the server was not started with --webhooks-allow-private"
    )]
    Private(IpAddr),
    /// Nobody there.
    #[error("no connection: {0}")]
    Connect(std::io::Error),
    /// The other side is not who it should be.
    #[error("no secure connection: {0}")]
    Tls(String),
    /// It took too long.
    #[error("no answer within {} s", TRY_MAX.as_secs())]
    Slow,
    /// The connection ended before an answer.
    #[error("the connection was cut: {0}")]
    Cut(#[from] hyper::Error),
}

/// What the other side said.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Said {
    /// The status.
    pub status: u16,
    /// When it wants to be asked again, in seconds.
    pub retry_after_s: Option<u32>,
}

/// Sends messages.
pub struct Client {
    policy: Policy,
    tls: OnceLock<Result<Arc<ClientConfig>, String>>,
}

/// A connection that more than one message goes over.
pub struct Line(SendRequest<Full<Bytes>>);

/// A message with its address and its headers.
pub struct Post<'a> {
    /// Where to.
    pub url: &'a str,
    /// `webhook-id` and its companions.
    pub headers: &'a [(&'static str, String)],
    /// The body, JSON.
    pub body: Bytes,
}

impl Client {
    /// Sends where `policy` allows.
    #[must_use]
    pub fn new(policy: Policy) -> Self {
        Self { policy, tls: OnceLock::new() }
    }

    /// Sends one message, over `line` where that is still open, and leaves a line there that can be used again.
    ///
    /// # Errors
    /// [`Failure`] where nobody answered.
    pub async fn post(&self, line: &mut Option<Line>, post: &Post<'_>) -> Result<Said, Failure> {
        tokio::time::timeout(TRY_MAX, self.try_post(line, post)).await.unwrap_or_else(|_| {
            *line = None;
            Err(Failure::Slow)
        })
    }

    async fn try_post(&self, line: &mut Option<Line>, post: &Post<'_>) -> Result<Said, Failure> {
        let url: Uri = post.url.parse().map_err(|_| Failure::Url)?;
        if let Some(mut open) = line.take()
            && open.0.ready().await.is_ok()
            && let Ok(answer) = open.0.send_request(request(&url, post)?).await
        {
            // Where the receiver closed it meanwhile, the message is sent over a new one at once.
            return Ok(listen(open, answer, line).await);
        }
        let mut open = Line(self.connect(&url).await?);
        open.0.ready().await?;
        let answer = open.0.send_request(request(&url, post)?).await?;
        Ok(listen(open, answer, line).await)
    }

    /// Connects to the first address that the name stands for and that may be connected to.
    async fn connect(&self, url: &Uri) -> Result<SendRequest<Full<Bytes>>, Failure> {
        let host = url.host().ok_or(Failure::Url)?.trim_start_matches('[').trim_end_matches(']');
        let is_tls = match url.scheme_str() {
            Some("https") => true,
            Some("http") if self.policy.allow_http => false,
            Some("http") => return Err(Failure::Plain),
            _ => return Err(Failure::Url),
        };
        let port = url.port_u16().unwrap_or(if is_tls { 443 } else { 80 });
        let stream = self.reach(host, port).await?;
        let _ = stream.set_nodelay(true);
        if !is_tls {
            return talk(stream).await;
        }
        let name = ServerName::try_from(host.to_owned()).map_err(|_| Failure::Url)?;
        let config = self.tls.get_or_init(|| trusting(&self.policy.roots)).clone().map_err(Failure::Tls)?;
        let secure = TlsConnector::from(config).connect(name, stream).await;
        talk(secure.map_err(|error| Failure::Tls(error.to_string()))?).await
    }

    async fn reach(&self, host: &str, port: u16) -> Result<TcpStream, Failure> {
        let unknown = |error: String| Failure::Unknown { host: host.to_owned(), error };
        let found =
            tokio::net::lookup_host((host, port)).await.map_err(|error| unknown(error.to_string()))?;
        let mut why = unknown("the name stands for no address".to_owned());
        for address in found {
            if !self.policy.allow_private && !is_public(address.ip()) {
                why = Failure::Private(address.ip());
                continue;
            }
            match connected(address).await {
                Ok(stream) => return Ok(stream),
                Err(error) => why = Failure::Connect(error),
            }
        }
        Err(why)
    }
}

async fn connected(address: SocketAddr) -> std::io::Result<TcpStream> {
    tokio::time::timeout(CONNECT_MAX, TcpStream::connect(address)).await?
}

async fn talk<S>(stream: S) -> Result<SendRequest<Full<Bytes>>, Failure>
where
    S: AsyncRead + AsyncWrite + Unpin + Send + 'static,
{
    let (sender, connection) =
        Builder::new().max_buf_size(HEAD_BYTES_MAX).handshake(TokioIo::new(stream)).await?;
    // It ends with the sender.
    tokio::spawn(async move {
        let _ = connection.await;
    });
    Ok(sender)
}

fn request(url: &Uri, post: &Post<'_>) -> Result<Request<Full<Bytes>>, Failure> {
    let path = url.path_and_query().map_or("/", |path| path.as_str());
    let authority = url.authority().ok_or(Failure::Url)?.as_str();
    let mut request = Request::post(path)
        .header(HOST, authority)
        .header(CONTENT_TYPE, "application/json")
        .header(USER_AGENT, concat!("firstout-server/", env!("CARGO_PKG_VERSION")));
    for (name, value) in post.headers {
        request = request.header(*name, value);
    }
    request.body(Full::new(post.body.clone())).map_err(|_| Failure::Url)
}

/// Reads what was said. The body means nothing; a short one is read to its end, so that the line can be used again.
async fn listen(open: Line, answer: Response<Incoming>, line: &mut Option<Line>) -> Said {
    let status = answer.status().as_u16();
    let seconds = |value: &HeaderValue| value.to_str().ok()?.trim().parse().ok();
    let retry_after_s = answer.headers().get(RETRY_AFTER).and_then(seconds);
    let is_over = tokio::time::timeout(BODY_MAX, ends(answer.into_body())).await;
    if is_over == Ok(true) {
        *line = Some(open);
    }
    Said { status, retry_after_s }
}

/// Reads a body; true where it ended well and soon.
async fn ends(mut body: Incoming) -> bool {
    let mut left = BODY_BYTES_MAX;
    while let Some(frame) = body.frame().await {
        let Ok(frame) = frame else { return false };
        let bytes = frame.data_ref().map_or(0, Bytes::len);
        let Some(rest) = left.checked_sub(bytes) else { return false };
        left = rest;
    }
    true
}

/// Trusts what the system trusts, and what the administrator added.
fn trusting(added: &[u8]) -> Result<Arc<ClientConfig>, String> {
    let mut roots = RootCertStore::empty();
    let (system, _) = roots.add_parsable_certificates(rustls_native_certs::load_native_certs().certs);
    tracing::debug!(certificates = system, "trusted by the system");
    for certificate in CertificateDer::pem_slice_iter(added) {
        let certificate = certificate.map_err(|error| format!("--webhooks-ca: {error}"))?;
        roots.add(certificate).map_err(|error| format!("--webhooks-ca: {error}"))?;
    }
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let builder = ClientConfig::builder_with_provider(provider).with_safe_default_protocol_versions();
    let builder = builder.map_err(|error| error.to_string())?;
    Ok(Arc::new(builder.with_root_certificates(roots).with_no_client_auth()))
}
