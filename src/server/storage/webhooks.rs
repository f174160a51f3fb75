//! Endpoints of webhooks and how far each was told: a place in the ledger, which moves only with the lease.
//!
//! The lease is a row that one process at a time has taken, for a time: processes need nothing else to share the work, and
//! what a process held that was killed is taken by another one when the time is over.

use super::audit::{AuditEntry, append};
use super::console::{Names, Wanted, read_names};
use super::export::{EventLine, EventList, List as _};
use super::stream::head;
use super::tx::{Row, Tx, values};
use super::{Storage, StorageError};
use crate::domain::{Body, HoldTarget, SiteId, Timestamp};
use crate::server::webhooks::admin::WEBHOOKS_MAX;
use crate::server::webhooks::{Message, Opened, SigningSecret, Topic, Webhook, messages, target_of};
use crate::sync::wire::Stream;
use uuid::Uuid;

/// Entries of the ledger that are read at a time.
const ENTRIES: usize = 200;
/// Most characters of a problem that are kept.
const PROBLEM_CHARS_MAX: usize = 200;

/// An endpoint to be stored.
#[derive(Debug, Clone)]
pub struct NewWebhook {
    /// Whose news it gets.
    pub site: SiteId,
    /// What it is called.
    pub name: String,
    /// Where it is.
    pub url: String,
    /// What it wants to know.
    pub topics: Vec<Topic>,
    /// What its messages are signed with.
    pub secret: SigningSecret,
    /// Behind which entry it begins; behind the newest where absent.
    pub after: Option<u64>,
}

/// Who holds an endpoint: everything that is noted of it needs this.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Lease {
    /// Its site.
    pub site: SiteId,
    /// Its name.
    pub name: String,
    /// Made for this one time.
    pub id: Uuid,
}

/// An endpoint that was taken, with what is needed to send to it.
#[derive(Debug, Clone)]
pub struct Claimed {
    /// By what it is held.
    pub lease: Lease,
    /// Where it is.
    pub url: String,
    /// What it wants to know.
    pub topics: Vec<Topic>,
    /// What messages are signed with, the newest first.
    pub secret: SigningSecret,
    /// What they were signed with before, and until when they still are.
    pub old: Option<(SigningSecret, Timestamp)>,
    /// Everything up to this entry is done.
    pub seq: u64,
    /// And so many messages of the next one.
    pub part: u32,
    /// The number of a test that an administrator asked for; 0 for none.
    pub ping: i64,
    /// Tries that failed, in a row.
    pub failures: u32,
    /// Since when.
    pub failing_since: Option<Timestamp>,
}

/// What is to be told from a place on.
#[derive(Debug, Clone, Default)]
pub struct News {
    /// Messages, in order.
    pub messages: Vec<Message>,
    /// The last entry that was read.
    pub through: u64,
    /// True where there may be more behind it.
    pub more: bool,
}

/// What a failure leads to.
#[derive(Debug, Clone)]
pub struct Failed {
    /// Tries that failed, in a row.
    pub failures: u32,
    /// Since when.
    pub since: Timestamp,
    /// When to try again.
    pub next_at: Timestamp,
    /// Why, in words without secrets.
    pub problem: String,
    /// Nothing is sent any more: when, and what the audit trail says.
    pub disabled: Option<AuditEntry>,
}

type Which = (SiteId, String);

impl Storage {
    /// Adds an endpoint; false where its name is in use or there are too many.
    ///
    /// # Errors
    /// [`StorageError`] where nothing was saved; so with all that change something.
    pub async fn add_webhook(&self, new: NewWebhook, entry: AuditEntry) -> Result<bool, StorageError> {
        self.write((new, entry), |input, tx| Box::pin(add(input, tx))).await
    }

    /// Every endpoint of all sites.
    ///
    /// # Errors
    /// [`StorageError`] where the database cannot be read.
    pub async fn webhooks(&self) -> Result<Vec<Webhook>, StorageError> {
        self.read((), |(), tx| Box::pin(list(tx))).await
    }

    /// Removes an endpoint; false where there is none, as with the next ones.
    ///
    /// # Errors
    /// See [`Self::add_webhook`].
    pub async fn remove_webhook(
        &self,
        which: (SiteId, &str),
        entry: AuditEntry,
    ) -> Result<bool, StorageError> {
        self.write((own(which), entry), |input, tx| Box::pin(remove(input, tx))).await
    }

    /// Replaces the secret; the old one signs too until `until`.
    ///
    /// # Errors
    /// See [`Self::add_webhook`].
    pub async fn rotate_webhook(
        &self,
        which: (SiteId, &str),
        secret: SigningSecret,
        until: Timestamp,
        entry: AuditEntry,
    ) -> Result<bool, StorageError> {
        self.write((own(which), secret, until, entry), |input, tx| Box::pin(rotate(input, tx))).await
    }

    /// Begins anew where it stopped.
    ///
    /// # Errors
    /// See [`Self::add_webhook`].
    pub async fn enable_webhook(
        &self,
        which: (SiteId, &str),
        entry: AuditEntry,
    ) -> Result<bool, StorageError> {
        self.write((own(which), entry), |input, tx| Box::pin(enable(input, tx))).await
    }

    /// Sends nothing any more.
    ///
    /// # Errors
    /// See [`Self::add_webhook`].
    pub async fn disable_webhook(
        &self,
        which: (SiteId, &str),
        entry: AuditEntry,
    ) -> Result<bool, StorageError> {
        self.write((own(which), entry), |input, tx| Box::pin(disable(input, tx))).await
    }

    /// Asks for a test.
    ///
    /// # Errors
    /// See [`Self::add_webhook`].
    pub async fn test_webhook(&self, which: (SiteId, &str), now: Timestamp) -> Result<bool, StorageError> {
        self.write((own(which), now), |input, tx| Box::pin(test(input, tx))).await
    }

    /// Takes at most `limit` endpoints that have something to be told and that nobody holds, until `until`.
    ///
    /// # Errors
    /// See [`Self::add_webhook`].
    pub async fn claim_webhooks(
        &self,
        (now, until): (Timestamp, Timestamp),
        limit: usize,
    ) -> Result<Vec<Claimed>, StorageError> {
        // Nothing is written while there is nothing to tell.
        let due = self.read((now, limit), |input, tx| Box::pin(due(input, tx))).await?;
        let mut claimed = Vec::new();
        for (site, name) in due {
            let lease = Lease { site, name, id: Uuid::now_v7() };
            claimed.extend(self.write((lease, now, until), |input, tx| Box::pin(claim(input, tx))).await?);
        }
        Ok(claimed)
    }

    /// The messages of the next entries that are wanted.
    ///
    /// # Errors
    /// [`StorageError`] where the database cannot be read.
    pub async fn webhook_news(&self, of: &Claimed) -> Result<News, StorageError> {
        let input = (of.lease.site, of.topics.clone(), of.seq, of.part);
        self.read(input, |input, tx| Box::pin(news(input, tx))).await
    }

    /// A message was taken: the place moves on, and the lease goes on; false where it is lost.
    ///
    /// # Errors
    /// See [`Self::add_webhook`].
    pub async fn webhook_delivered(
        &self,
        of: &Claimed,
        (now, until): (Timestamp, Timestamp),
    ) -> Result<bool, StorageError> {
        let input = (of.lease.clone(), (of.seq, of.part), of.ping, now, until);
        self.write(input, |input, tx| Box::pin(delivered(input, tx))).await
    }

    /// Entries were read that nothing is to be told of; false where the lease is lost.
    ///
    /// # Errors
    /// See [`Self::add_webhook`].
    pub async fn webhook_read(&self, of: &Claimed, until: Timestamp) -> Result<bool, StorageError> {
        self.write((of.lease.clone(), of.seq, until), |input, tx| Box::pin(read(input, tx))).await
    }

    /// A message was not taken; the lease ends.
    ///
    /// # Errors
    /// See [`Self::add_webhook`].
    pub async fn webhook_failed(&self, lease: &Lease, failed: Failed) -> Result<(), StorageError> {
        self.write((lease.clone(), failed), |input, tx| Box::pin(fail(input, tx))).await
    }

    /// The lease ends.
    ///
    /// # Errors
    /// See [`Self::add_webhook`].
    pub async fn release_webhook(&self, lease: &Lease) -> Result<(), StorageError> {
        self.write(lease.clone(), |lease, tx| Box::pin(release(lease, tx))).await
    }
}

fn own((site, name): (SiteId, &str)) -> Which {
    (site, name.to_owned())
}

async fn add((new, entry): &(NewWebhook, AuditEntry), tx: &mut dyn Tx) -> Result<bool, StorageError> {
    let count = tx.row("SELECT count(*) FROM webhook WHERE site = ?1", &values![new.site.0]).await?;
    if count.map_or(Ok(0), |mut row| row.unsigned())? >= WEBHOOKS_MAX {
        return Ok(false);
    }
    let newest = head(tx, new.site, Stream::Site).await?.seq;
    let after = new.after.map_or(newest, |after| after.min(newest));
    let (name, url, topics) = (new.name.as_str(), new.url.as_str(), Topic::join(&new.topics));
    let params = values![new.site.0, name, url, topics, new.secret.reveal(), entry.at, after];
    let added = tx.execute(include_str!("sql/insert_webhook.sql"), &params).await? > 0;
    noted(added, new.site, entry, tx).await
}

/// Adds the act to the audit trail where it was done.
async fn noted(done: bool, site: SiteId, entry: &AuditEntry, tx: &mut dyn Tx) -> Result<bool, StorageError> {
    if done {
        append(tx, site, entry).await?;
    }
    Ok(done)
}

async fn remove(((site, name), entry): &(Which, AuditEntry), tx: &mut dyn Tx) -> Result<bool, StorageError> {
    let sql = "DELETE FROM webhook WHERE site = ?1 AND name = ?2";
    let done = tx.execute(sql, &values![site.0, name.as_str()]).await? > 0;
    noted(done, *site, entry, tx).await
}

async fn rotate(
    ((site, name), secret, until, entry): &(Which, SigningSecret, Timestamp, AuditEntry),
    tx: &mut dyn Tx,
) -> Result<bool, StorageError> {
    let params = values![site.0, name.as_str(), secret.reveal(), *until];
    let done = tx.execute(include_str!("sql/rotate_webhook.sql"), &params).await? > 0;
    noted(done, *site, entry, tx).await
}

async fn enable(((site, name), entry): &(Which, AuditEntry), tx: &mut dyn Tx) -> Result<bool, StorageError> {
    let params = values![site.0, name.as_str()];
    let done = tx.execute(include_str!("sql/enable_webhook.sql"), &params).await? > 0;
    noted(done, *site, entry, tx).await
}

async fn disable(((site, name), entry): &(Which, AuditEntry), tx: &mut dyn Tx) -> Result<bool, StorageError> {
    let params = values![site.0, name.as_str(), entry.at];
    let done = tx.execute(include_str!("sql/disable_webhook.sql"), &params).await? > 0;
    noted(done, *site, entry, tx).await
}

async fn test(((site, name), now): &(Which, Timestamp), tx: &mut dyn Tx) -> Result<bool, StorageError> {
    let sql = "UPDATE webhook SET ping = ?3, next_at = 0 WHERE site = ?1 AND name = ?2";
    Ok(tx.execute(sql, &values![site.0, name.as_str(), *now]).await? > 0)
}

pub(super) async fn list(tx: &mut dyn Tx) -> Result<Vec<Webhook>, StorageError> {
    let rows = tx.rows(include_str!("sql/list_webhooks.sql"), &[]).await?;
    rows.into_iter().map(webhook).collect()
}

fn webhook(mut row: Row) -> Result<Webhook, StorageError> {
    let (site, name, url, topics) = (SiteId(row.int()?), row.text()?, row.text()?, topics(&row.text()?)?);
    let (created, seq) = (row.time()?, row.unsigned()?);
    let behind = row.unsigned()?.saturating_sub(1).saturating_sub(seq);
    let (failures, failing_since) = (row.small()?, row.int_or_null()?.map(Timestamp));
    let next_at = Some(row.time()?).filter(|_| failures > 0);
    let problem = row.text()?;
    let (delivered, disabled) = (row.int_or_null()?.map(Timestamp), row.int_or_null()?.map(Timestamp));
    Ok(Webhook {
        site,
        name,
        url,
        topics,
        created,
        seq,
        behind,
        failures,
        failing_since,
        next_at: next_at.filter(|_| disabled.is_none()),
        problem,
        delivered,
        disabled,
    })
}

fn topics(text: &str) -> Result<Vec<Topic>, StorageError> {
    Topic::split(text).ok_or(StorageError::Damaged { what: "topic" })
}

async fn due((now, limit): &(Timestamp, usize), tx: &mut dyn Tx) -> Result<Vec<Which>, StorageError> {
    let rows = tx.rows(include_str!("sql/due_webhooks.sql"), &values![*now, *limit as u64]).await?;
    rows.into_iter().map(|mut row| Ok((SiteId(row.int()?), row.text()?))).collect()
}

async fn claim(
    (lease, now, until): &(Lease, Timestamp, Timestamp),
    tx: &mut dyn Tx,
) -> Result<Option<Claimed>, StorageError> {
    let (site, name) = (lease.site.0, lease.name.as_str());
    let params = values![site, name, lease.id, *until, *now];
    if tx.execute(include_str!("sql/claim_webhook.sql"), &params).await? == 0 {
        return Ok(None);
    }
    let found = tx.row(include_str!("sql/claimed_webhook.sql"), &values![site, name]).await?;
    found.map(|row| claimed(lease.clone(), row)).transpose()
}

fn claimed(lease: Lease, mut row: Row) -> Result<Claimed, StorageError> {
    let (url, topics) = (row.text()?, topics(&row.text()?)?);
    let secret = SigningSecret::parse(&row.text()?).ok_or(StorageError::Damaged { what: "secret" })?;
    let (old, until) = (SigningSecret::parse(&row.text()?), row.time()?);
    Ok(Claimed {
        lease,
        url,
        topics,
        secret,
        old: old.map(|old| (old, until)),
        seq: row.unsigned()?,
        part: row.small()?,
        ping: row.int()?,
        failures: row.small()?,
        failing_since: row.int_or_null()?.map(Timestamp),
    })
}

async fn news(
    (site, topics, seq, part): &(SiteId, Vec<Topic>, u64, u32),
    tx: &mut dyn Tx,
) -> Result<News, StorageError> {
    let page = EventList.page(*site, Some(seq), ENTRIES, tx).await?;
    let through = page.rows.last().map_or(*seq, |last| last.seq);
    let mut opened = Vec::new();
    if topics.contains(&Topic::DiscrepancyOpened) && through > *seq {
        let rows = tx.rows(include_str!("sql/opened_by.sql"), &values![site.0, *seq, through]).await?;
        for mut row in rows {
            opened.push(Opened {
                seq: row.unsigned()?,
                identity: row.text()?,
                kind: row.text()?,
                detail: row.text()?,
                opened: row.time()?,
            });
        }
    }
    let names = target_names(*site, &page.rows, tx).await?;
    let mut found = News { messages: Vec::new(), through, more: page.next.is_some() };
    for line in &page.rows {
        let from = opened.partition_point(|opened| opened.seq < line.seq);
        let to = opened.partition_point(|opened| opened.seq <= line.seq);
        let of_line = opened.get(from..to).unwrap_or_default();
        let told = |message: &Message| message.seq == seq + 1 && message.part < *part;
        found
            .messages
            .extend(messages(*site, topics, line, of_line, &names).into_iter().filter(|m| !told(m)));
    }
    Ok(found)
}

/// The records of what stops are on.
async fn target_names(site: SiteId, lines: &[EventLine], tx: &mut dyn Tx) -> Result<Names, StorageError> {
    let mut wanted = Wanted::default();
    for line in lines {
        let body: Option<Body> = line.body.clone().and_then(|body| serde_json::from_value(body).ok());
        match body.as_ref().and_then(target_of) {
            Some(HoldTarget::Lot(lot)) => wanted.item(lot.item),
            Some(HoldTarget::Location(id)) => wanted.location(*id),
            Some(HoldTarget::Hu(_)) | None => {}
        }
    }
    read_names(&(site, wanted), tx).await
}

async fn delivered(
    (lease, (seq, part), ping, now, until): &(Lease, (u64, u32), i64, Timestamp, Timestamp),
    tx: &mut dyn Tx,
) -> Result<bool, StorageError> {
    let params = values![lease.site.0, lease.name.as_str(), lease.id, *seq, *part, *ping, *now, *until];
    Ok(tx.execute(include_str!("sql/webhook_delivered.sql"), &params).await? > 0)
}

async fn read((lease, seq, until): &(Lease, u64, Timestamp), tx: &mut dyn Tx) -> Result<bool, StorageError> {
    let params = values![lease.site.0, lease.name.as_str(), lease.id, *seq, *until];
    Ok(tx.execute(include_str!("sql/webhook_read.sql"), &params).await? > 0)
}

async fn fail((lease, failed): &(Lease, Failed), tx: &mut dyn Tx) -> Result<(), StorageError> {
    let problem = failed.problem.chars().map(|char| if char.is_control() { ' ' } else { char });
    let problem: String = problem.take(PROBLEM_CHARS_MAX).collect();
    let disabled = failed.disabled.as_ref().map(|entry| entry.at);
    let (site, name) = (lease.site, lease.name.as_str());
    let params =
        values![site.0, name, lease.id, failed.failures, failed.since, failed.next_at, problem, disabled];
    let done = tx.execute(include_str!("sql/webhook_failed.sql"), &params).await? > 0;
    if let Some(entry) = &failed.disabled {
        noted(done, site, entry, tx).await?;
    }
    Ok(())
}

async fn release(lease: &Lease, tx: &mut dyn Tx) -> Result<(), StorageError> {
    let params = values![lease.site.0, lease.name.as_str(), lease.id];
    tx.execute(include_str!("sql/release_webhook.sql"), &params).await?;
    Ok(())
}
