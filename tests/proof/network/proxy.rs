//! Somebody between a handheld and its server, who does to their connections what networks do.

use super::faults::{End, Fault, Way};
use std::net::SocketAddr;
use std::sync::atomic::{AtomicU64, Ordering::Relaxed};
use std::sync::{Arc, Mutex};
use std::time::Duration;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::tcp::{OwnedReadHalf, OwnedWriteHalf};
use tokio::net::{TcpListener, TcpStream};
use tokio::runtime::Runtime;

/// What went over the newest connection.
#[derive(Debug, Clone, Default)]
pub struct Trace {
    /// The last request that was a fault's, as it was sent.
    pub request: Vec<u8>,
    /// Bytes that came back since that request began.
    pub answered: u64,
}

struct Shared {
    upstream: SocketAddr,
    fault: Mutex<Fault>,
    trace: Mutex<Trace>,
    hit: AtomicU64,
}

pub struct Proxy {
    pub addr: SocketAddr,
    shared: Arc<Shared>,
    runtime: Option<Runtime>,
}

impl Proxy {
    pub fn start(upstream: SocketAddr) -> Self {
        let runtime =
            tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build().unwrap();
        let listener = runtime.block_on(TcpListener::bind(("127.0.0.1", 0))).unwrap();
        let addr = listener.local_addr().unwrap();
        let (fault, trace) = (Mutex::new(Fault::None), Mutex::new(Trace::default()));
        let shared = Arc::new(Shared { upstream, fault, trace, hit: AtomicU64::new(0) });
        let for_all = Arc::clone(&shared);
        runtime.spawn(async move {
            while let Ok((client, _)) = listener.accept().await {
                let shared = Arc::clone(&for_all);
                tokio::spawn(async move {
                    if let Ok(server) = TcpStream::connect(shared.upstream).await {
                        carry(client, server, &shared).await;
                    }
                });
            }
        });
        Self { addr, shared, runtime: Some(runtime) }
    }

    pub fn set(&self, fault: Fault) {
        *self.shared.fault.lock().unwrap() = fault;
        *self.shared.trace.lock().unwrap() = Trace::default();
    }

    pub fn trace(&self) -> Trace {
        self.shared.trace.lock().unwrap().clone()
    }

    /// Faults that came about so far.
    pub fn hits(&self) -> u64 {
        self.shared.hit.load(Relaxed)
    }
}

impl Drop for Proxy {
    fn drop(&mut self) {
        if let Some(runtime) = self.runtime.take() {
            runtime.shutdown_background();
        }
    }
}

/// One connection while it is carried.
struct Carrying<'a> {
    shared: &'a Shared,
    fault: Fault,
    /// The fault's request has begun.
    begun: bool,
    /// Bytes that may still pass.
    left: u64,
    slow: u32,
}

async fn carry(client: TcpStream, server: TcpStream, shared: &Shared) {
    let fault = shared.fault.lock().unwrap().clone();
    let _ = (client.set_nodelay(true), server.set_nodelay(true));
    if let Fault::Cut { end: End::Reset, .. } = fault {
        let _ = (client.set_zero_linger(), server.set_zero_linger());
    }
    let ((mut from_client, mut to_client), (mut from_server, mut to_server)) =
        (client.into_split(), server.into_split());
    let left = if let Fault::Cut { bytes, .. } = fault { bytes } else { u64::MAX };
    let slow = if let Fault::Slow { pieces, .. } = fault { pieces } else { 0 };
    let begun = fault.to() == Some("");
    let mut carrying = Carrying { shared, fault, begun, left, slow };
    if begun && carrying.cut_before(&mut to_server, &mut to_client).await {
        return;
    }
    let (mut up, mut down) = (vec![0; 65_536], vec![0; 65_536]);
    let (mut up_open, mut down_open) = (true, true);
    while up_open || down_open {
        tokio::select! {
            read = from_client.read(&mut up), if up_open => {
                let Ok(read @ 1..) = read else { return };
                let Some(open) = carrying.up(&up[..read], &mut from_client, &mut to_server, &mut to_client).await
                else { return };
                up_open = open;
            }
            read = from_server.read(&mut down), if down_open => {
                let Ok(read @ 1..) = read else { return };
                let Some(open) = carrying.down(&down[..read], &mut to_client).await else { return };
                down_open = open;
            }
        }
    }
    // One direction was closed and the other side has not gone yet: the rest of what it says is not heard.
    while matches!(from_client.read(&mut up).await, Ok(1..)) {}
}

impl Carrying<'_> {
    /// Passes a piece towards the server; false where this direction is closed now, `None` where the connection is over.
    async fn up(
        &mut self,
        piece: &[u8],
        from: &mut OwnedReadHalf,
        to: &mut OwnedWriteHalf,
        back: &mut OwnedWriteHalf,
    ) -> Option<bool> {
        if !self.begun && self.fault.to().is_some_and(|to| piece.starts_with(to.as_bytes())) {
            self.begun = true;
            self.shared.trace.lock().unwrap().answered = 0;
        }
        if self.begun {
            self.shared.trace.lock().unwrap().request.extend_from_slice(piece);
        }
        match &self.fault {
            Fault::Answer { with, .. } if self.begun => {
                let with = with.clone();
                self.whole_request(from).await;
                self.note_hit();
                let _ = back.write_all(&with).await;
                let _ = back.shutdown().await;
                // It reads the answer to its end and goes.
                let mut rest = [0; 1024];
                while matches!(from.read(&mut rest).await, Ok(1..)) {}
                None
            }
            Fault::Hold { .. } if self.begun => {
                self.whole_request(from).await;
                self.note_hit();
                None
            }
            Fault::Cut { way: Way::Up, .. } if self.begun => self.limited(piece, to).await,
            _ => self.pass(piece, to).await,
        }
    }

    async fn down(&mut self, piece: &[u8], to: &mut OwnedWriteHalf) -> Option<bool> {
        if self.begun {
            self.shared.trace.lock().unwrap().answered += piece.len() as u64;
        }
        match self.fault {
            Fault::Swallow { .. } if self.begun => {
                self.note_hit();
                None
            }
            Fault::Cut { way: Way::Down, .. } if self.begun => self.limited(piece, to).await,
            _ => self.pass(piece, to).await,
        }
    }

    fn note_hit(&self) {
        self.shared.hit.fetch_add(1, Relaxed);
    }

    /// A cut before the first byte does not wait for one.
    async fn cut_before(&mut self, server: &mut OwnedWriteHalf, client: &mut OwnedWriteHalf) -> bool {
        let Fault::Cut { way, bytes: 0, end, .. } = self.fault else { return false };
        self.note_hit();
        if end == End::Half {
            let _ = if way == Way::Up { server.shutdown().await } else { client.shutdown().await };
        }
        end != End::Half
    }

    async fn limited(&mut self, piece: &[u8], to: &mut OwnedWriteHalf) -> Option<bool> {
        let passes = (piece.len() as u64).min(self.left) as usize;
        self.left -= passes as u64;
        to.write_all(&piece[..passes]).await.ok()?;
        if self.left > 0 {
            return Some(true);
        }
        self.note_hit();
        match self.fault {
            Fault::Cut { end: End::Half, .. } => {
                to.shutdown().await.ok()?;
                Some(false)
            }
            _ => None,
        }
    }

    async fn pass(&mut self, mut piece: &[u8], to: &mut OwnedWriteHalf) -> Option<bool> {
        while let (Fault::Slow { bytes, .. }, 1..) = (&self.fault, self.slow) {
            let (now, later) = piece.split_at(piece.len().min(*bytes));
            to.write_all(now).await.ok()?;
            piece = later;
            if piece.is_empty() {
                break;
            }
            self.slow -= 1;
            self.shared.hit.fetch_add(u64::from(self.slow == 0), Relaxed);
            tokio::time::sleep(Duration::from_millis(1)).await;
        }
        to.write_all(piece).await.ok()?;
        Some(true)
    }

    /// Reads on until the request that has begun is there in full. What is no HTTP is taken as it is.
    async fn whole_request(&self, from: &mut OwnedReadHalf) {
        let mut piece = [0; 65_536];
        loop {
            let missing = {
                let trace = self.shared.trace.lock().unwrap();
                length(&trace.request).is_some_and(|length| trace.request.len() < length)
            };
            if !missing {
                return;
            }
            let Ok(read @ 1..) = from.read(&mut piece).await else { return };
            self.shared.trace.lock().unwrap().request.extend_from_slice(&piece[..read]);
        }
    }
}

/// How long a request is as its head says; without an end of the head it is longer than this.
fn length(request: &[u8]) -> Option<usize> {
    if !request.starts_with(b"GET ") && !request.starts_with(b"POST ") {
        return None;
    }
    let Some(end) = request.windows(4).position(|at| at == b"\r\n\r\n") else { return Some(usize::MAX) };
    let head = String::from_utf8_lossy(&request[..end]).to_lowercase();
    let body = head.lines().find_map(|line| line.strip_prefix("content-length:")?.trim().parse().ok());
    Some(end + 4 + body.unwrap_or(0))
}
