//! Carries news to endpoints: takes those that are due, tells each what it wants to know in the ledger's order, and notes how
//! far it came after each message.

use super::admin::host_of;
use super::client::{Client, Line, Policy, Post, Said};
use super::message::{Message, test};
use super::schedule::{GIVE_UP_MS, next};
use crate::domain::Timestamp;
use crate::server::config::Clock;
use crate::server::storage::{Act, AuditEntry, Claimed, Failed, Storage, StorageError};
use hyper::body::Bytes;
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::watch;
use tokio::task::JoinSet;

/// For how long an endpoint is taken. A try takes less, and each message that was taken renews it; what a killed process
/// held is free again after this.
pub const LEASE_MS: i64 = 60_000;
/// Endpoints that are told something at the same time.
const AT_ONCE: usize = 16;
/// Messages to one endpoint before others have a turn.
const MESSAGES_MAX: usize = 1_000;
/// Who disables what took nothing for days.
const BY: &str = "server";

/// What became of a turn.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Turn {
    /// Messages that were taken.
    pub delivered: u64,
    /// Endpoints that did not take one.
    pub failed: u64,
    /// True where there is more to be told at once.
    pub more: bool,
}

/// Tells endpoints. Cheap to clone.
#[derive(Clone)]
pub struct Courier {
    storage: Storage,
    clock: Clock,
    client: Arc<Client>,
    closing: watch::Receiver<bool>,
}

/// How a message ended.
enum Ended {
    Taken,
    Failed,
    Stopped,
}

impl Courier {
    /// Sends where `policy` allows; stops within a message once `closing` says so.
    #[must_use]
    pub fn new(storage: Storage, clock: Clock, policy: Policy, closing: watch::Receiver<bool>) -> Self {
        Self { storage, clock, client: Arc::new(Client::new(policy)), closing }
    }

    /// Everything that is due now, to its end: each endpoint that has something to be told is told once more.
    ///
    /// # Errors
    /// [`StorageError`] where the database cannot be used.
    pub async fn turn(&self) -> Result<Turn, StorageError> {
        let mut tasks = JoinSet::new();
        self.begin(&mut tasks, AT_ONCE).await?;
        let mut all = Turn::default();
        while let Some(done) = tasks.join_next().await {
            let done: Turn = done.map_err(|_| StorageError::Closed)??;
            all.delivered += done.delivered;
            all.failed += done.failed;
            all.more |= done.more;
        }
        Ok(all)
    }

    /// Takes what is due and begins to tell it.
    async fn begin(
        &self,
        tasks: &mut JoinSet<Result<Turn, StorageError>>,
        room: usize,
    ) -> Result<(), StorageError> {
        let now = (self.clock)();
        for claimed in self.storage.claim_webhooks((now, now.plus_ms(LEASE_MS)), room).await? {
            let courier = self.clone();
            tasks.spawn(async move { courier.tell(claimed).await });
        }
        Ok(())
    }

    /// Tells one endpoint what is new.
    async fn tell(mut self, mut claimed: Claimed) -> Result<Turn, StorageError> {
        let (mut line, mut done) = (None, Turn::default());
        if claimed.ping > 0
            && let Some(message) = test(claimed.lease.site, &claimed.lease.name, claimed.ping)
            && !self.step(&mut claimed, &message, &mut line, &mut done).await?
        {
            return Ok(done);
        }
        claimed.ping = 0;
        for _ in 0..MESSAGES_MAX {
            let news = self.storage.webhook_news(&claimed).await?;
            let mut coming = news.messages.iter().peekable();
            while let Some(message) = coming.next() {
                // Behind this message: before the next one that is wanted, or at the end of what was read.
                let (seq, part) = coming.peek().map_or((news.through, 0), |next| (next.seq - 1, next.part));
                (claimed.seq, claimed.part) = (seq, part);
                if !self.step(&mut claimed, message, &mut line, &mut done).await? {
                    return Ok(done);
                }
            }
            if news.messages.is_empty() && news.through > claimed.seq {
                (claimed.seq, claimed.part) = (news.through, 0);
                let until = (self.clock)().plus_ms(LEASE_MS);
                if !self.storage.webhook_read(&claimed, until).await? {
                    return Ok(done);
                }
            }
            done.more = news.more;
            if !news.more || done.delivered >= MESSAGES_MAX as u64 || *self.closing.borrow() {
                break;
            }
        }
        self.storage.release_webhook(&claimed.lease).await?;
        Ok(done)
    }

    /// Sends one message and notes how that went; false where nothing more is to be sent now.
    async fn step(
        &mut self,
        claimed: &mut Claimed,
        message: &Message,
        line: &mut Option<Line>,
        done: &mut Turn,
    ) -> Result<bool, StorageError> {
        match self.send(claimed, message, line).await? {
            Ended::Taken => {
                let now = (self.clock)();
                claimed.failures = 0;
                claimed.failing_since = None;
                done.delivered += 1;
                self.storage.webhook_delivered(claimed, (now, now.plus_ms(LEASE_MS))).await
            }
            Ended::Failed => {
                done.failed += 1;
                Ok(false)
            }
            Ended::Stopped => {
                self.storage.release_webhook(&claimed.lease).await?;
                Ok(false)
            }
        }
    }

    async fn send(
        &mut self,
        claimed: &Claimed,
        message: &Message,
        line: &mut Option<Line>,
    ) -> Result<Ended, StorageError> {
        let now = (self.clock)();
        let headers = headers(claimed, message, now);
        let body = Bytes::from(message.body.clone());
        let post = Post { url: &claimed.url, headers: &headers, body };
        let client = Arc::clone(&self.client);
        let answer = tokio::select! {
            answer = client.post(line, &post) => answer,
            _ = self.closing.wait_for(|closing| *closing) => return Ok(Ended::Stopped),
        };
        let (problem, said) = match answer {
            Ok(said) if (200..300).contains(&said.status) => {
                self.storage.metrics().webhook(claimed.lease.site, true);
                return Ok(Ended::Taken);
            }
            Ok(said) => (format!("answered {}", said.status), Some(said)),
            Err(failure) => (failure.to_string(), None),
        };
        self.storage.metrics().webhook(claimed.lease.site, false);
        self.failed(claimed, problem, said).await?;
        Ok(Ended::Failed)
    }

    async fn failed(
        &self,
        claimed: &Claimed,
        problem: String,
        said: Option<Said>,
    ) -> Result<(), StorageError> {
        let now = (self.clock)();
        let (site, name) = (claimed.lease.site, &claimed.lease.name);
        let (failures, since) = (claimed.failures.saturating_add(1), claimed.failing_since.unwrap_or(now));
        let gone = said.is_some_and(|said| said.status == 410);
        let give_up = gone || now.ms_since(since) >= GIVE_UP_MS;
        let subject = format!("{name} at {}: {problem}", host_of(&claimed.url));
        let entry = AuditEntry { at: now, by: BY.to_owned(), act: Act::WebhookDisabled, subject };
        if give_up {
            tracing::error!(%site, name, problem, "a webhook is disabled");
        } else {
            tracing::warn!(%site, name, problem, failures, "a webhook failed");
        }
        let next_at = next(now, failures, said.and_then(|said| said.retry_after_s), roll());
        let disabled = give_up.then_some(entry);
        let failed = Failed { failures, since, next_at, problem, disabled };
        self.storage.webhook_failed(&claimed.lease, failed).await
    }
}

fn headers(claimed: &Claimed, message: &Message, now: Timestamp) -> [(&'static str, String); 3] {
    let seconds = now.0.div_euclid(1_000);
    let sign = |secret: &super::SigningSecret| secret.sign(&message.id, seconds, message.body.as_bytes());
    let mut signatures = sign(&claimed.secret);
    if let Some((old, _)) = claimed.old.as_ref().filter(|(_, until)| now < *until) {
        signatures.push(' ');
        signatures.push_str(&sign(old));
    }
    [
        ("webhook-id", message.id.clone()),
        ("webhook-timestamp", seconds.to_string()),
        ("webhook-signature", signatures),
    ]
}

/// A random number; which one matters little.
fn roll() -> u32 {
    getrandom::u32().unwrap_or_default()
}

/// Carries on until it is told to stop, looking for news every `pause`.
pub async fn run(mut courier: Courier, pause: Duration) {
    let mut tasks = JoinSet::new();
    let mut more = false;
    loop {
        let stopped = tokio::select! {
            _ = courier.closing.wait_for(|closing| *closing) => true,
            () = tokio::time::sleep(if more { Duration::ZERO } else { pause }) => false,
        };
        more = false;
        while let Some(done) = if stopped { tasks.join_next().await } else { tasks.try_join_next() } {
            match done {
                Ok(Ok(Turn { more: left, .. })) => more |= left,
                Ok(Err(error)) => tracing::warn!(%error, "webhooks"),
                Err(error) => tracing::error!(%error, "webhooks"),
            }
        }
        if stopped {
            return;
        }
        let room = AT_ONCE.saturating_sub(tasks.len());
        if room > 0
            && let Err(error) = courier.begin(&mut tasks, room).await
        {
            tracing::warn!(%error, "webhooks");
        }
    }
}
