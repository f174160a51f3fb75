//! What a server can be told, and its limits by name.

use super::http::{MetricsToken, Rate};
use super::storage::{Place, Storage, StorageError};
use super::tls::Tls;
use super::webhooks::Policy;
use crate::domain::{DeviceKey, Timestamp};
use crate::sync::wire::{REQUEST_BYTES_MAX, REQUEST_EVENTS_MAX};
use std::net::SocketAddr;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

/// Where the server reads the time; tests bring their own.
pub type Clock = Arc<dyn Fn() -> Timestamp + Send + Sync>;

/// How to start a server.
#[derive(Clone)]
pub struct Config {
    /// Address and port; port 0 takes any free one.
    pub listen: SocketAddr,
    /// The folder with the snapshots and, where no other place is named, the database; made where it is missing.
    pub data: PathBuf,
    /// Where the database is; the file in the data folder where absent.
    pub database: Option<Place>,
    /// The clock.
    pub clock: Clock,
    /// Sizes and waits.
    pub limits: Limits,
    /// TLS; without it plain HTTP, for tests and the loopback interface.
    pub tls: Option<Tls>,
    /// Opens the figures to others than this machine.
    pub metrics_token: Option<MetricsToken>,
    /// Where checkpoints go every hour and what signs them; without it none are signed.
    pub checkpoints: Option<Checkpoints>,
    /// How news are sent to the endpoints that the database names; without it none are.
    pub webhooks: Option<Webhooks>,
}

/// News that are sent by themselves.
#[derive(Debug, Clone)]
pub struct Webhooks {
    /// Where they may be sent.
    pub policy: Policy,
    /// How often there is looked for any.
    pub pause: Duration,
}

impl Webhooks {
    /// Once a second.
    #[must_use]
    pub fn new(policy: Policy) -> Self {
        Self { policy, pause: Duration::from_secs(1) }
    }
}

/// Checkpoints that leave the database by themselves.
#[derive(Debug, Clone)]
pub struct Checkpoints {
    /// What signs them.
    pub key: DeviceKey,
    /// Where they are put.
    pub folder: PathBuf,
}

impl Config {
    /// Listens on a free port of the loopback interface, with the system's clock.
    #[must_use]
    pub fn local(data: impl Into<PathBuf>) -> Self {
        Self {
            listen: SocketAddr::from(([127, 0, 0, 1], 0)),
            data: data.into(),
            database: None,
            clock: system_clock(),
            limits: Limits::default(),
            tls: None,
            metrics_token: None,
            checkpoints: None,
            webhooks: None,
        }
    }
}

impl Config {
    /// Opens the database.
    ///
    /// # Errors
    /// [`StorageError`] where it cannot be opened.
    pub async fn open(&self) -> Result<Storage, StorageError> {
        let embedded = || Place::in_folder(&self.data);
        Storage::open(&self.database.clone().unwrap_or_else(embedded), &self.data).await
    }
}

/// Sizes and waits that keep one client from starving the others.
#[derive(Debug, Clone, Copy)]
pub struct Limits {
    /// Most bytes of a request's body as they come in.
    pub encoded_bytes_max: usize,
    /// Most bytes of a request's body after decompression.
    pub decoded_bytes_max: usize,
    /// The longest wait for a TLS handshake, for a request's head, and the longest a connection may idle between requests.
    pub head_timeout: Duration,
    /// The longest wait for a request's whole body.
    pub body_timeout: Duration,
    /// The longest work on one request.
    pub request_timeout: Duration,
    /// The longest wait for open requests when stopping.
    pub stop_timeout: Duration,
    /// Most open connections; further ones wait in the listener's queue.
    pub connections_max: usize,
    /// Most bytes of pushes, unpacked and read, that are in memory at once; further ones wait.
    pub push_bytes_max: usize,
    /// Most pages of streams that are read or sent at once; further ones wait.
    pub pulls_max: usize,
    /// The longest wait for room; then a device is asked to come again.
    pub room_timeout: Duration,
    /// How often somebody may try to sign in, from one address and with one badge.
    pub sign_in: Rate,
    /// How often devices may be enrolled from one address.
    pub enrol: Rate,
    /// How often a program may come with a wrong key, from one address.
    pub wrong_key: Rate,
    /// A snapshot this many entries behind the head is still handed out; the rest is pulled.
    pub snapshot_lag_max: u64,
}

impl Limits {
    /// What suits a database. The more pushes share a commit of a file, the fewer pages are written twice; PostgreSQL takes
    /// fewer at a time, and the others would only wait for longer than they want to.
    #[must_use]
    pub fn of(place: &Place) -> Self {
        let usual = Self::default();
        match place {
            Place::Sqlite(_) => Self { push_bytes_max: 48 * 1024 * 1024, ..usual },
            Place::Postgres(_) => usual,
        }
    }
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            encoded_bytes_max: 1024 * 1024,
            decoded_bytes_max: 2 * 1024 * 1024,
            head_timeout: Duration::from_secs(20),
            body_timeout: Duration::from_secs(30),
            request_timeout: Duration::from_secs(60),
            stop_timeout: Duration::from_secs(10),
            connections_max: 8_192,
            push_bytes_max: 8 * 1024 * 1024,
            pulls_max: 8,
            room_timeout: Duration::from_secs(1),
            sign_in: Rate { burst: 20, each_minute: 12 },
            enrol: Rate { burst: 120, each_minute: 120 },
            wrong_key: Rate { burst: 20, each_minute: 12 },
            snapshot_lag_max: 2_000,
        }
    }
}

// A full push in its worst common form (each byte escaped as two, an envelope of 200 bytes) passes the
// limits.
const _: () = assert!(REQUEST_BYTES_MAX * 2 + REQUEST_EVENTS_MAX * 200 < 1024 * 1024);

/// The system's clock.
#[must_use]
pub fn system_clock() -> Clock {
    Arc::new(|| {
        let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
        Timestamp(i64::try_from(since.as_millis()).unwrap_or(i64::MAX))
    })
}
