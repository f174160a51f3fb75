//! The audit trail: what administrators did, in the transaction in which they did it, chained so that nothing can be
//! taken out or altered unseen.

use super::console::PAGE_ROWS_MAX;
use super::tx::{Tx, json, values};
use super::{Storage, StorageError};
use crate::domain::{SiteId, Timestamp};
use crate::sync::wire::Hash;
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

/// Who does what is done at the server's machine.
pub const COMMAND_LINE: &str = "command line";
/// Of the acts that concern no single site.
pub const SERVER: SiteId = SiteId(0);

/// What was done.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Act {
    /// A code was made that enrols a device.
    DeviceInvited,
    /// A device was enrolled.
    DeviceEnrolled,
    /// A device was locked out.
    DeviceRevoked,
    /// A person was added or changed.
    UserSaved,
    /// Somebody signed in at the console.
    SignedIn,
    /// A PIN was wrong, or a badge is nobody's.
    SignInFailed,
    /// A PIN was wrong too often.
    UserLocked,
    /// Somebody signed out.
    SignedOut,
    /// A verified copy of the database was made.
    BackedUp,
    /// The database was restored from a copy.
    Restored,
    /// A supervisor said that everything of a device is here.
    DeviceSignedOff,
    /// A file was imported.
    FileImported,
    /// A key for another program was made.
    ApiKeyMade,
    /// A key for another program was taken back.
    ApiKeyRevoked,
    /// A place was named that news are sent to.
    WebhookMade,
    /// News are not sent there any more, and nobody knows of it.
    WebhookRemoved,
    /// What news are signed with became another one.
    WebhookSecretReplaced,
    /// News are sent again.
    WebhookEnabled,
    /// News are not sent until somebody enables it: by a person, or by the server after days without success.
    WebhookDisabled,
}

impl Act {
    /// The stable code.
    #[must_use]
    pub fn code(self) -> &'static str {
        match self {
            Self::DeviceInvited => "device_invited",
            Self::DeviceEnrolled => "device_enrolled",
            Self::DeviceRevoked => "device_revoked",
            Self::UserSaved => "user_saved",
            Self::SignedIn => "signed_in",
            Self::SignInFailed => "sign_in_failed",
            Self::UserLocked => "user_locked",
            Self::SignedOut => "signed_out",
            Self::BackedUp => "backed_up",
            Self::Restored => "restored",
            Self::DeviceSignedOff => "device_signed_off",
            Self::FileImported => "file_imported",
            Self::ApiKeyMade => "api_key_made",
            Self::ApiKeyRevoked => "api_key_revoked",
            Self::WebhookMade => "webhook_made",
            Self::WebhookRemoved => "webhook_removed",
            Self::WebhookSecretReplaced => "webhook_secret_replaced",
            Self::WebhookEnabled => "webhook_enabled",
            Self::WebhookDisabled => "webhook_disabled",
        }
    }
}

/// One act.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct AuditEntry {
    /// When, by the server's clock.
    pub at: Timestamp,
    /// Who: `command line`, `user 3 Sam`, `device …`.
    pub by: String,
    /// What.
    pub act: Act,
    /// To whom or what.
    pub subject: String,
}

impl AuditEntry {
    /// An act at the command line of the server's machine.
    #[must_use]
    pub fn at_the_machine(at: Timestamp, act: Act, subject: impl Into<String>) -> Self {
        Self { at, by: COMMAND_LINE.to_owned(), act, subject: subject.into() }
    }
}

/// An entry with its place.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AuditRow {
    /// Which site; 0 for the server itself.
    pub site: SiteId,
    /// Dense within the site.
    pub n: u64,
    /// The act.
    pub entry: AuditEntry,
}

impl Storage {
    /// Adds an act that changes nothing else.
    ///
    /// # Errors
    /// [`StorageError`] where nothing was saved.
    pub async fn note(&self, site: SiteId, entry: AuditEntry) -> Result<(), StorageError> {
        self.write((site, entry), |(site, entry), tx| Box::pin(append(tx, *site, entry))).await
    }

    /// The newest acts of a site before a number, newest first.
    ///
    /// # Errors
    /// [`StorageError`] where the database cannot be read.
    pub async fn audit_of(&self, site: SiteId, before: u64) -> Result<Vec<AuditRow>, StorageError> {
        self.read((site, before), |(site, before), tx| Box::pin(page(*site, *before, tx))).await
    }

    /// What is wrong with a site's trail, in words; empty where it is whole.
    ///
    /// # Errors
    /// [`StorageError`] where the database cannot be read.
    pub async fn audit_problems(&self, site: SiteId) -> Result<Vec<String>, StorageError> {
        let all = self.read((), |(), tx| Box::pin(check(tx))).await?;
        let of_site = format!("site {site}: ");
        Ok(all.iter().filter_map(|problem| problem.strip_prefix(&of_site)).map(str::to_owned).collect())
    }

    /// The newest acts of all sites, newest first.
    ///
    /// # Errors
    /// [`StorageError`] where the database cannot be read.
    pub async fn audit(&self, limit: u32) -> Result<Vec<AuditRow>, StorageError> {
        self.read(limit, |limit, tx| Box::pin(list(*limit, tx))).await
    }
}

/// The link of one entry: what was there, its number, its text.
fn link(before: Hash, n: u64, text: &str) -> Hash {
    let mut digest = Sha256::new();
    digest.update(b"firstout/audit/1\0");
    digest.update(before.0);
    digest.update(n.to_be_bytes());
    digest.update(text.as_bytes());
    Hash(digest.finalize().into())
}

/// Adds an act in the transaction of what it tells of.
pub(super) async fn append(tx: &mut dyn Tx, site: SiteId, entry: &AuditEntry) -> Result<(), StorageError> {
    let next = tx.row(include_str!("sql/next_audit.sql"), &values![site.0, Hash::default()]).await?;
    let mut next = next.ok_or(StorageError::Damaged { what: "audit" })?;
    let (n, before) = (next.unsigned()?, next.hash()?);
    let text = json(entry)?;
    let hash = link(before, n, &text);
    let sql = "INSERT INTO audit (site, n, at, entry, hash) VALUES (?1, ?2, ?3, ?4, ?5)";
    tx.execute(sql, &values![site.0, n, entry.at, text, hash]).await?;
    tx.execute("UPDATE audit_head SET hash = ?2 WHERE site = ?1", &values![site.0, hash]).await?;
    Ok(())
}

async fn list(limit: u32, tx: &mut dyn Tx) -> Result<Vec<AuditRow>, StorageError> {
    let rows = tx.rows(include_str!("sql/list_audit.sql"), &values![limit]).await?;
    let read = |mut row: super::tx::Row| {
        Ok(AuditRow { site: SiteId(row.int()?), n: row.unsigned()?, entry: row.json("audit")? })
    };
    rows.into_iter().map(read).collect()
}

async fn page(site: SiteId, before: u64, tx: &mut dyn Tx) -> Result<Vec<AuditRow>, StorageError> {
    let params = values![site.0, before, PAGE_ROWS_MAX as u64];
    let rows = tx.rows(include_str!("sql/page_audit.sql"), &params).await?;
    let read = |mut row: super::tx::Row| Ok(AuditRow { site, n: row.unsigned()?, entry: row.json("audit")? });
    rows.into_iter().map(read).collect()
}

/// What is wrong with the trails, in words.
pub(super) async fn check(tx: &mut dyn Tx) -> Result<Vec<String>, StorageError> {
    let mut problems = Vec::new();
    for mut head in tx.rows("SELECT site, n, hash FROM audit_head ORDER BY site", &[]).await? {
        let (site, last, hash) = (head.int()?, head.unsigned()?, head.hash()?);
        let (mut at, mut before) = (0, Hash::default());
        for mut row in tx.rows(include_str!("sql/verify_audit.sql"), &values![site]).await? {
            let (n, text, stored) = (row.unsigned()?, row.text()?, row.hash()?);
            if n != at + 1 || link(before, n, &text) != stored {
                problems.push(format!("site {site}: the audit trail is broken at entry {n}"));
                break;
            }
            (at, before) = (n, stored);
        }
        if (at, before) != (last, hash) {
            problems.push(format!("site {site}: the audit trail does not end at entry {last}"));
        }
    }
    Ok(problems)
}
