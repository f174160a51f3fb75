//! A program that webhooks are sent to, and how a test has them sent.

use crate::server_support::{SITE, TestServer};
use base64::prelude::{BASE64_STANDARD, Engine as _};
use firstout::domain::Timestamp;
use firstout::server::storage::{Act, Storage, StorageError};
use firstout::server::webhooks::admin::{self, New};
use firstout::server::webhooks::{Courier, Policy, SigningSecret, Topic, Turn, Webhook};
use serde_json::Value;
use sha2::{Digest as _, Sha256};
use std::collections::BTreeSet;
use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::sync::atomic::Ordering;
use std::sync::{Arc, Condvar, Mutex};
use tokio::sync::watch;

/// A message as it came in.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Got {
    pub path: String,
    pub id: String,
    pub seconds: i64,
    pub signatures: Vec<String>,
    pub body: String,
}

impl Got {
    pub fn json(&self) -> Value {
        serde_json::from_str(&self.body).unwrap()
    }

    pub fn kind(&self) -> String {
        self.json()["type"].as_str().unwrap().to_owned()
    }

    /// What it must be signed with, worked out from the specification and RFC 2104 alone.
    pub fn signature(&self, secret: &str) -> String {
        let key = BASE64_STANDARD.decode(secret.strip_prefix("whsec_").unwrap()).unwrap();
        let pad = |with: u8| {
            let mut block = [with; 64];
            block.iter_mut().zip(&key).for_each(|(pad, key)| *pad ^= key);
            block
        };
        let signed = format!("{}.{}.{}", self.id, self.seconds, self.body);
        let inner = Sha256::new().chain_update(pad(0x36)).chain_update(signed).finalize();
        let outer = Sha256::new().chain_update(pad(0x5c)).chain_update(inner).finalize();
        format!("v1,{}", BASE64_STANDARD.encode(outer))
    }
}

/// What a receiver does with a message.
pub enum Do {
    Say(&'static str),
    /// Closes the connection without a word.
    Cut,
    /// Says nothing until the receiver is dropped or is told to go on.
    Wait,
}

#[derive(Default)]
struct Inner {
    got: Vec<Got>,
    go_on: bool,
}

/// A program that webhooks are sent to.
pub struct Receiver {
    pub addr: SocketAddr,
    inner: Arc<(Mutex<Inner>, Condvar)>,
}

impl Receiver {
    /// Says of each message, counted from 0, what `how` says.
    pub fn start(how: impl Fn(usize) -> Do + Send + Sync + 'static) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let addr = listener.local_addr().unwrap();
        let inner = Arc::<(Mutex<Inner>, Condvar)>::default();
        let (how, shared) = (Arc::new(how), Arc::clone(&inner));
        std::thread::spawn(move || {
            for stream in listener.incoming() {
                let (how, shared) = (Arc::clone(&how), Arc::clone(&shared));
                std::thread::spawn(move || serve(stream.unwrap(), &*how, &shared));
            }
        });
        Self { addr, inner }
    }

    pub fn url(&self) -> String {
        format!("http://{}/hooks?key=1", self.addr)
    }

    pub fn got(&self) -> Vec<Got> {
        self.inner.0.lock().unwrap().got.clone()
    }

    /// Waits until so many messages came.
    pub fn wait_for(&self, messages: usize) -> Vec<Got> {
        let inner = self.inner.0.lock().unwrap();
        self.inner.1.wait_while(inner, |inner| inner.got.len() < messages).unwrap().got.clone()
    }

    /// Waits until so many different messages came: a server that stops before it has noted an answer sends the message again.
    pub fn wait_for_different(&self, messages: usize) {
        let few = |inner: &mut Inner| different(&inner.got) < messages;
        drop(self.inner.1.wait_while(self.inner.0.lock().unwrap(), few).unwrap());
    }

    pub fn go_on(&self) {
        self.inner.0.lock().unwrap().go_on = true;
        self.inner.1.notify_all();
    }

    pub fn ids(&self) -> Vec<String> {
        self.got().into_iter().map(|got| got.id).collect()
    }
}

/// How many messages there are, each counted once.
pub fn different(got: &[Got]) -> usize {
    got.iter().map(|got| &got.id).collect::<BTreeSet<_>>().len()
}

fn serve(stream: TcpStream, how: &dyn Fn(usize) -> Do, shared: &(Mutex<Inner>, Condvar)) {
    let mut reader = BufReader::new(stream.try_clone().unwrap());
    let mut stream = stream;
    loop {
        let Some(got) = read(&mut reader) else { return };
        let n = {
            let mut inner = shared.0.lock().unwrap();
            inner.got.push(got);
            shared.1.notify_all();
            inner.got.len() - 1
        };
        let said = match how(n) {
            Do::Cut => return,
            Do::Say(said) => said,
            Do::Wait => {
                drop(shared.1.wait_while(shared.0.lock().unwrap(), |inner| !inner.go_on).unwrap());
                "204 No Content\r\n"
            }
        };
        let end = if said.contains("content-length") { "\r\n" } else { "content-length: 0\r\n\r\n" };
        if stream.write_all(format!("HTTP/1.1 {said}{end}").as_bytes()).is_err() {
            return;
        }
    }
}

fn read(reader: &mut BufReader<TcpStream>) -> Option<Got> {
    let mut first = String::new();
    reader.read_line(&mut first).ok().filter(|read| *read > 0)?;
    let (mut headers, mut line) = (Vec::new(), String::new());
    while reader.read_line(&mut line).ok()? > 2 {
        let (name, value) = line.trim().split_once(": ").unwrap();
        headers.push((name.to_lowercase(), value.to_owned()));
        line.clear();
    }
    let header =
        |name: &str| headers.iter().find(|(is, _)| is == name).map(|(_, value)| value.clone()).unwrap();
    assert_eq!(header("content-type"), "application/json");
    assert!(header("user-agent").starts_with("firstout-server/"));
    let mut body = vec![0; header("content-length").parse().unwrap()];
    reader.read_exact(&mut body).ok()?;
    Some(Got {
        path: first.split(' ').nth(1).unwrap().to_owned(),
        id: header("webhook-id"),
        seconds: header("webhook-timestamp").parse().unwrap(),
        signatures: header("webhook-signature").split(' ').map(str::to_owned).collect(),
        body: String::from_utf8(body).unwrap(),
    })
}

pub const OK: Do = Do::Say("200 OK\r\n");
pub const ANYWHERE: Policy = Policy { allow_private: true, allow_http: true, roots: Vec::new() };

impl TestServer {
    pub fn hook(&self, url: &str, topics: &[Topic]) -> SigningSecret {
        self.hook_after(url, topics, None)
    }

    pub fn hook_after(&self, url: &str, topics: &[Topic], after: Option<u64>) -> SigningSecret {
        let new = New { site: SITE, name: "erp".into(), url: url.into(), topics: topics.to_vec(), after };
        let now = self.now();
        self.background.run(async move |storage| admin::add(&storage, new, "test", now).await).unwrap()
    }

    pub fn now(&self) -> Timestamp {
        Timestamp(self.clock.load(Ordering::Relaxed))
    }

    /// Sends everything that is due by this server's clock.
    pub fn deliver(&self, policy: Policy) -> Turn {
        let hand = Arc::clone(&self.clock);
        let clock = Arc::new(move || Timestamp(hand.load(Ordering::Relaxed)));
        let turn = async move |storage: Storage| -> Result<Turn, StorageError> {
            let (_close, closing) = watch::channel(false);
            Courier::new(storage, clock, policy, closing).turn().await
        };
        self.background.run(turn).unwrap()
    }

    pub fn hooks(&self) -> Vec<Webhook> {
        self.background.run(async |storage| storage.webhooks().await).unwrap()
    }

    pub fn acts_and_subjects(&self) -> Vec<(Act, String)> {
        let rows = self.background.run(async |storage| storage.audit(100).await).unwrap();
        rows.into_iter().rev().map(|row| (row.entry.act, row.entry.subject)).collect()
    }
}
