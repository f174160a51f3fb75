//! People at the console: who they are, how often a PIN was wrong, and who is signed in.

use super::audit::{Act, AuditEntry, append};
use super::stream::head;
use super::tx::{Row, Tx, values};
use super::{Storage, StorageError, master};
use crate::domain::{MasterRecord, SiteId, Timestamp, User, UserId};
use crate::sync::wire::{Head, Stream};

/// Wrong PINs in a row before a person is locked.
pub const PIN_TRIES_MAX: u32 = 5;
/// For how long.
pub const LOCKED_MS: i64 = 15 * 60 * 1_000;
/// A session ends after so long without a click.
pub const IDLE_MS_MAX: i64 = 30 * 60 * 1_000;
/// And after so long in any case.
pub const SESSION_MS_MAX: i64 = 12 * 60 * 60 * 1_000;
/// How old a stored last click may grow: a write for each would wear the disk.
const SEEN_MS_MAX: i64 = 60_000;

/// A session as its cookie names it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct SessionKey {
    /// Where the person works.
    pub site: SiteId,
    /// Of the cookie's secret.
    pub hash: [u8; 32],
}

impl Storage {
    /// Everybody, at all sites.
    ///
    /// # Errors
    /// [`StorageError`] where the database cannot be read.
    pub async fn users(&self) -> Result<Vec<(SiteId, User)>, StorageError> {
        self.read((), |(), tx| Box::pin(users(tx))).await
    }

    /// Everybody, at all sites, and the head of one site's records at that moment: for [`save_user`](Self::save_user).
    ///
    /// # Errors
    /// [`StorageError`] where the database cannot be read.
    pub async fn users_and_head(&self, site: SiteId) -> Result<(Vec<(SiteId, User)>, Head), StorageError> {
        self.read(site, |site, tx| Box::pin(users_and_head(site, tx))).await
    }

    /// Adds or changes a person: the record goes to the site's devices too. False, and nothing is saved, where `from`
    /// is no longer the head of the site's records, or somebody else who works at any site has the badge.
    ///
    /// # Errors
    /// [`StorageError`] where nothing was saved.
    #[must_use = "false means that nothing was saved"]
    pub async fn save_user(
        &self,
        site: SiteId,
        from: Head,
        user: User,
        entry: AuditEntry,
    ) -> Result<bool, StorageError> {
        self.write((site, from, user, entry), |input, tx| Box::pin(save_user(input, tx))).await
    }

    /// Counts a try at a person's PIN before it is looked at, so that many at once count too. Until when the person is
    /// locked, where this try must not be looked at.
    ///
    /// # Errors
    /// [`StorageError`] where nothing was saved.
    pub async fn begin_try(
        &self,
        site: SiteId,
        user: UserId,
        now: Timestamp,
    ) -> Result<Option<Timestamp>, StorageError> {
        self.write((site, user, now), |input, tx| Box::pin(begin_try(input, tx))).await
    }

    /// The try was wrong; true where the person is locked by it.
    ///
    /// # Errors
    /// [`StorageError`] where nothing was saved.
    pub async fn wrong_pin(
        &self,
        site: SiteId,
        user: UserId,
        entry: AuditEntry,
    ) -> Result<bool, StorageError> {
        self.write((site, user, entry), |input, tx| Box::pin(wrong_pin(input, tx))).await
    }

    /// The try was right: a session begins, and those that are over are forgotten.
    ///
    /// # Errors
    /// [`StorageError`] where nothing was saved.
    pub async fn begin_session(
        &self,
        key: SessionKey,
        user: UserId,
        entry: AuditEntry,
    ) -> Result<(), StorageError> {
        self.write((key, user, entry), |input, tx| Box::pin(begin_session(input, tx))).await
    }

    /// The person of a session, where it is not over and the person is still here.
    ///
    /// # Errors
    /// [`StorageError`] where the database cannot be read.
    pub async fn session(
        &self,
        key: SessionKey,
        now: Timestamp,
    ) -> Result<Option<(User, Timestamp)>, StorageError> {
        self.read((key, now), |input, tx| Box::pin(session(input, tx))).await
    }

    /// The person did something at `now`, last noted at `seen`.
    ///
    /// # Errors
    /// [`StorageError`] where nothing was saved.
    pub async fn note_seen(
        &self,
        key: SessionKey,
        seen: Timestamp,
        now: Timestamp,
    ) -> Result<(), StorageError> {
        if now.ms_since(seen) < SEEN_MS_MAX {
            return Ok(());
        }
        self.write((key, now), |input, tx| Box::pin(note_seen(input, tx))).await
    }

    /// Ends a session.
    ///
    /// # Errors
    /// [`StorageError`] where nothing was saved.
    pub async fn end_session(&self, key: SessionKey, entry: AuditEntry) -> Result<(), StorageError> {
        self.write((key, entry), |input, tx| Box::pin(end_session(input, tx))).await
    }
}

async fn users_and_head(site: &SiteId, tx: &mut dyn Tx) -> Result<(Vec<(SiteId, User)>, Head), StorageError> {
    let head = head(tx, *site, Stream::Master).await?;
    Ok((users(tx).await?, head))
}

async fn users(tx: &mut dyn Tx) -> Result<Vec<(SiteId, User)>, StorageError> {
    let mut users = Vec::new();
    for mut row in tx.rows(include_str!("sql/list_users.sql"), &[]).await? {
        let site = SiteId(row.int()?);
        users.push((site, user(&mut row)?));
    }
    Ok(users)
}

fn user(row: &mut Row) -> Result<User, StorageError> {
    match row.json("user")? {
        MasterRecord::User(user) => Ok(user),
        _ => Err(StorageError::Damaged { what: "user" }),
    }
}

async fn save_user(
    (site, from, user, entry): &(SiteId, Head, User, AuditEntry),
    tx: &mut dyn Tx,
) -> Result<bool, StorageError> {
    // One after the other at all sites, whichever process asks: each finds the badges that the one before has saved.
    tx.execute("UPDATE server SET id = 1 WHERE id = 1", &[]).await?;
    let is_other = |of: SiteId, other: &User| (of, other.id) != (*site, user.id) && other.active;
    let all = users(tx).await?;
    if user.active && all.iter().any(|(of, other)| is_other(*of, other) && other.badge == user.badge) {
        return Ok(false);
    }
    let records = vec![MasterRecord::User(user.clone())];
    if master::append(&(*site, Some(*from), records), tx).await?.is_none() {
        return Ok(false);
    }
    // A new PIN begins with no wrong one, and whoever knows only the old one is out.
    let params = values![site.0, user.id.0];
    tx.execute("DELETE FROM pin_try WHERE site = ?1 AND user_id = ?2", &params).await?;
    tx.execute("DELETE FROM session WHERE site = ?1 AND user_id = ?2", &params).await?;
    append(tx, *site, entry).await?;
    Ok(true)
}

async fn begin_try(
    (site, user, now): &(SiteId, UserId, Timestamp),
    tx: &mut dyn Tx,
) -> Result<Option<Timestamp>, StorageError> {
    // The row is there and locked before it is read: two tries at once count twice.
    let first = "INSERT INTO pin_try (site, user_id, wrong, locked_until) VALUES (?1, ?2, 0, 0) \
                 ON CONFLICT (site, user_id) DO UPDATE SET wrong = pin_try.wrong RETURNING wrong, locked_until";
    let row = tx.row(first, &values![site.0, user.0]).await?;
    let mut row = row.ok_or(StorageError::Damaged { what: "try" })?;
    let (wrong, locked) = (row.small()?, row.time()?);
    if locked > *now {
        return Ok(Some(locked));
    }
    // A lock that is over begins a new count.
    let wrong = if locked.0 > 0 { 1 } else { wrong + 1 };
    let until = if wrong >= PIN_TRIES_MAX { now.plus_ms(LOCKED_MS) } else { Timestamp(0) };
    tx.execute(include_str!("sql/save_try.sql"), &values![site.0, user.0, wrong, until]).await?;
    Ok(None)
}

async fn wrong_pin(
    (site, user, entry): &(SiteId, UserId, AuditEntry),
    tx: &mut dyn Tx,
) -> Result<bool, StorageError> {
    append(tx, *site, entry).await?;
    let row = tx.row(include_str!("sql/find_try.sql"), &values![site.0, user.0]).await?;
    let Some(mut row) = row else { return Ok(false) };
    let (_, locked) = (row.small()?, row.time()?);
    if locked > entry.at {
        append(tx, *site, &AuditEntry { act: Act::UserLocked, ..entry.clone() }).await?;
    }
    Ok(locked > entry.at)
}

async fn begin_session(
    (key, user, entry): &(SessionKey, UserId, AuditEntry),
    tx: &mut dyn Tx,
) -> Result<(), StorageError> {
    let (site, now) = (key.site.0, entry.at);
    tx.execute("DELETE FROM pin_try WHERE site = ?1 AND user_id = ?2", &values![site, user.0]).await?;
    let over = values![site, now.plus_ms(-SESSION_MS_MAX), now.plus_ms(-IDLE_MS_MAX)];
    tx.execute(include_str!("sql/sweep_sessions.sql"), &over).await?;
    tx.execute(include_str!("sql/insert_session.sql"), &values![site, key.hash, user.0, now]).await?;
    append(tx, key.site, entry).await
}

async fn session(
    (key, now): &(SessionKey, Timestamp),
    tx: &mut dyn Tx,
) -> Result<Option<(User, Timestamp)>, StorageError> {
    let found = tx.row(include_str!("sql/find_session.sql"), &values![key.site.0, key.hash]).await?;
    let Some(mut found) = found else { return Ok(None) };
    let (id, begun, seen) = (found.int()?, found.time()?, found.time()?);
    if now.ms_since(begun) > SESSION_MS_MAX || now.ms_since(seen) > IDLE_MS_MAX {
        return Ok(None);
    }
    let found = tx.row(include_str!("sql/find_user.sql"), &values![key.site.0, id]).await?;
    let Some(mut found) = found else { return Ok(None) };
    let user = user(&mut found)?;
    Ok(user.active.then_some((user, seen)))
}

async fn note_seen((key, now): &(SessionKey, Timestamp), tx: &mut dyn Tx) -> Result<(), StorageError> {
    tx.execute(include_str!("sql/touch_session.sql"), &values![key.site.0, key.hash, *now]).await?;
    Ok(())
}

async fn end_session((key, entry): &(SessionKey, AuditEntry), tx: &mut dyn Tx) -> Result<(), StorageError> {
    let sql = "DELETE FROM session WHERE site = ?1 AND token_hash = ?2";
    tx.execute(sql, &values![key.site.0, key.hash]).await?;
    append(tx, key.site, entry).await
}
