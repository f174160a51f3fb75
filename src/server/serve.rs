//! The listener: accepts, waits no longer than it must, and stops when asked.

use super::checkpoint::hourly;
use super::config::{Checkpoints, Config, Webhooks};
use super::devices::{DeviceError, token};
use super::handshake::handshake;
use super::http::{Authority, CheckpointKey, Peer, router};
use super::secret::Secret;
use super::storage::{COMMAND_LINE, Storage, StorageError};
use super::webhooks::{self, Courier};
use crate::domain::SiteId;
use axum::{Extension, Router};
use hyper::Request;
use hyper::body::Incoming;
use hyper::service::{Service as _, service_fn};
use hyper_util::rt::{TokioIo, TokioTimer};
use hyper_util::server::graceful::{GracefulShutdown, Watcher};
use hyper_util::service::TowerToHyperService;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{Semaphore, oneshot, watch};
use tokio::task::JoinHandle;

/// The pause after an accept that failed, for example for want of file handles.
const ACCEPT_PAUSE: Duration = Duration::from_millis(50);

/// Why a server did not start.
#[derive(Debug, thiserror::Error)]
pub enum ServeError {
    /// The database.
    #[error(transparent)]
    Storage(#[from] StorageError),
    /// The address.
    #[error("cannot listen on {addr}: {error}")]
    Listen {
        /// The address asked for.
        addr: SocketAddr,
        /// What the system says.
        error: std::io::Error,
    },
    /// A device could not be invited.
    #[error(transparent)]
    Device(#[from] DeviceError),
    /// A thread or runtime could not be made.
    #[error("cannot start: {0}")]
    Start(#[from] std::io::Error),
}

/// A server that is up. Dropping it leaves it running until the runtime ends.
pub struct Running {
    /// Where it listens.
    pub addr: SocketAddr,
    /// Its storage.
    pub storage: Storage,
    config: Config,
    stop: oneshot::Sender<()>,
    task: JoinHandle<()>,
    /// Signs checkpoints.
    hourly: Option<JoinHandle<()>>,
    /// Sends news, until it is told to stop.
    courier: Option<(watch::Sender<bool>, JoinHandle<()>)>,
}

/// Opens the data folder and listens.
///
/// # Errors
/// [`ServeError`] where the database cannot be opened or the address cannot be had.
pub async fn start(config: Config) -> Result<Running, ServeError> {
    let storage = config.open().await?;
    let listen = |error| ServeError::Listen { addr: config.listen, error };
    let listener = TcpListener::bind(config.listen).await.map_err(listen)?;
    let addr = listener.local_addr().map_err(listen)?;
    let mut routes = router(storage.clone(), Arc::clone(&config.clock), config.limits);
    if let Some(tls) = &config.tls {
        routes = routes.layer(Extension(Authority(tls.authority.as_str().into())));
    }
    if let Some(token) = &config.metrics_token {
        routes = routes.layer(Extension(token.clone()));
    }
    let hourly = config.checkpoints.clone().map(|Checkpoints { key, folder }| {
        tokio::spawn(hourly(storage.clone(), key, folder, Arc::clone(&config.clock)))
    });
    if let Some(Checkpoints { key, .. }) = &config.checkpoints {
        routes = routes.layer(Extension(CheckpointKey(key.public())));
    }
    let courier = config.webhooks.clone().map(|Webhooks { policy, pause }| {
        let (close, closing) = watch::channel(false);
        let courier = Courier::new(storage.clone(), Arc::clone(&config.clock), policy, closing);
        (close, tokio::spawn(webhooks::run(courier, pause)))
    });
    let (stop, stopped) = oneshot::channel();
    let task = tokio::spawn(serve(listener, routes, config.clone(), stopped));
    Ok(Running { addr, storage, config, stop, task, hourly, courier })
}

impl Running {
    /// A one-time token for a device of that name at that site.
    ///
    /// # Errors
    /// [`ServeError`] where nothing was saved.
    pub async fn token(&self, site: SiteId, name: &str) -> Result<Secret, ServeError> {
        Ok(token(&self.storage, site, name, COMMAND_LINE, (self.config.clock)()).await?)
    }

    /// Stops accepting, lets open requests end, and closes the database: when this returns its file can be copied. Each
    /// of the two is waited for no longer than `stop_timeout`.
    pub async fn stop(self) {
        if let Some(hourly) = self.hourly {
            hourly.abort();
        }
        let _ = self.stop.send(());
        if let Some((close, courier)) = self.courier {
            let _ = close.send(true);
            let _ = tokio::time::timeout(self.config.limits.stop_timeout, courier).await;
        }
        let _ = self.task.await;
        if tokio::time::timeout(self.config.limits.stop_timeout, self.storage.close()).await.is_err() {
            tracing::warn!("stopped with the database still at work");
        }
    }
}

async fn serve(listener: TcpListener, routes: Router, config: Config, mut stopped: oneshot::Receiver<()>) {
    let graceful = GracefulShutdown::new();
    let room = Arc::new(Semaphore::new(config.limits.connections_max));
    let (closing, _) = watch::channel(());
    loop {
        let accepted = tokio::select! {
            accepted = accept(&listener, &room) => accepted,
            _ = &mut stopped => break,
        };
        let Some((stream, peer, permit)) = accepted else {
            tokio::time::sleep(ACCEPT_PAUSE).await;
            continue;
        };
        let _ = stream.set_nodelay(true);
        let (routes, watcher) = (routes.clone(), graceful.watcher());
        let (tls, timeout) = (config.tls.clone(), config.limits.head_timeout);
        let mut closing = closing.subscribe();
        tokio::spawn(async move {
            match tls {
                None => talk(stream, peer, routes, watcher, timeout).await,
                Some(tls) => tokio::select! {
                    secure = handshake(stream, &tls, timeout) => {
                        if let Some(stream) = secure {
                            talk(stream, peer, routes, watcher, timeout).await;
                        }
                    }
                    // Nobody is asked to wait for a handshake when the server stops; requests are waited for below.
                    _ = closing.changed() => {}
                },
            }
            drop(permit);
        });
    }
    drop(listener);
    drop(closing);
    if tokio::time::timeout(config.limits.stop_timeout, graceful.shutdown()).await.is_err() {
        tracing::warn!("stopped with requests still open");
    }
}

/// One connection, to its end.
async fn talk<S>(stream: S, peer: Peer, routes: Router, watcher: Watcher, head_timeout: Duration)
where
    S: AsyncRead + AsyncWrite + Unpin + Send + 'static,
{
    let inner = TowerToHyperService::new(routes);
    let service = service_fn(move |mut request: Request<Incoming>| {
        request.extensions_mut().insert(peer);
        inner.call(request)
    });
    let connection = hyper::server::conn::http1::Builder::new()
        .timer(TokioTimer::new())
        .header_read_timeout(head_timeout)
        .serve_connection(TokioIo::new(stream), service);
    if let Err(error) = watcher.watch(connection).await {
        tracing::debug!(%error, "connection ended");
    }
}

async fn accept(
    listener: &TcpListener,
    room: &Arc<Semaphore>,
) -> Option<(TcpStream, Peer, tokio::sync::OwnedSemaphorePermit)> {
    let permit = Arc::clone(room).acquire_owned().await.ok()?;
    match listener.accept().await {
        Ok((stream, from)) => Some((stream, Peer(from.ip()), permit)),
        Err(error) => {
            tracing::warn!(%error, "cannot accept");
            None
        }
    }
}

/// A server with a runtime and threads of its own, for callers that block. Dropping it stops it.
pub struct Background {
    /// Where it listens.
    pub addr: SocketAddr,
    runtime: Option<tokio::runtime::Runtime>,
    running: Option<Running>,
}

/// [`start`] on a runtime of its own.
///
/// # Errors
/// See [`start`].
pub fn start_background(config: Config) -> Result<Background, ServeError> {
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build()?;
    let running = runtime.block_on(start(config))?;
    Ok(Background { addr: running.addr, runtime: Some(runtime), running: Some(running) })
}

impl Background {
    /// Runs work on the server's runtime, with the server at hand.
    ///
    /// # Errors
    /// Those of the work; [`StorageError::Closed`] after a stop.
    pub fn run<T, E: From<StorageError>, F: Future<Output = Result<T, E>>>(
        &self,
        work: impl FnOnce(Storage) -> F,
    ) -> Result<T, E> {
        match (&self.runtime, &self.running) {
            (Some(runtime), Some(running)) => runtime.block_on(work(running.storage.clone())),
            _ => Err(StorageError::Closed.into()),
        }
    }

    /// A one-time token.
    ///
    /// # Errors
    /// See [`Running::token`].
    pub fn token(&self, site: SiteId, name: &str) -> Result<Secret, ServeError> {
        match (&self.runtime, &self.running) {
            (Some(runtime), Some(running)) => runtime.block_on(running.token(site, name)),
            _ => Err(StorageError::Closed.into()),
        }
    }

    /// Stops it and waits for that.
    pub fn stop(self) {
        drop(self);
    }
}

impl Drop for Background {
    fn drop(&mut self) {
        if let (Some(runtime), Some(running)) = (self.runtime.take(), self.running.take()) {
            runtime.block_on(running.stop());
        }
    }
}
