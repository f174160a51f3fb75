//! Keys by which other programs use the API: made at the server's machine, shown once, stored as a hash, each for one
//! site and for what it was made for.

use super::secret::{Secret, SecretError};
use super::storage::{Act, AuditEntry, COMMAND_LINE, Storage, StorageError};
use crate::domain::{SiteId, Timestamp};
use std::fmt;
use std::str::FromStr;

/// What a key begins with, so that people and scanners for leaked secrets know one when they see it.
const PREFIX: &str = "firstout_";
/// Longest name of a key, in characters.
const NAME_CHARS_MAX: usize = 40;

/// What a key may be used for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Scope {
    /// Stock, lots with their way back and forward, and how far orders are.
    Read,
    /// The ledger's events: they say which person did what, and when.
    Events,
    /// Files into the site.
    Import,
    /// Where news of the site are sent, with who did what.
    Webhooks,
}

impl Scope {
    /// Every scope.
    pub const ALL: &[Self] = &[Self::Read, Self::Events, Self::Import, Self::Webhooks];

    /// Its name in commands and messages.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Read => "read",
            Self::Events => "events",
            Self::Import => "import",
            Self::Webhooks => "webhooks",
        }
    }

    /// Several scopes as they are stored and shown.
    #[must_use]
    pub fn join(scopes: &[Self]) -> String {
        scopes.iter().map(|scope| scope.as_str()).collect::<Vec<_>>().join(" ")
    }

    /// Stored scopes; `None` where one is unknown.
    #[must_use]
    pub fn split(text: &str) -> Option<Vec<Self>> {
        text.split_whitespace().map(|name| name.parse().ok()).collect()
    }
}

impl fmt::Display for Scope {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// Not one of the scopes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("a key may be for read, events, import or webhooks")]
pub struct ScopeError;

impl FromStr for Scope {
    type Err = ScopeError;
    fn from_str(text: &str) -> Result<Self, ScopeError> {
        Self::ALL.iter().copied().find(|scope| scope.as_str() == text).ok_or(ScopeError)
    }
}

/// A key without its secret.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ApiKey {
    /// The only site that it opens.
    pub site: SiteId,
    /// Whose it is, in the words of who made it; once only at a site.
    pub name: String,
    /// What it may be used for.
    pub scopes: Vec<Scope>,
    /// When it was made.
    pub created: Timestamp,
    /// When it ends; `None` for never.
    pub expires: Option<Timestamp>,
    /// When it was taken back.
    pub revoked: Option<Timestamp>,
    /// When it was last used, to the minute.
    pub last_used: Option<Timestamp>,
}

impl ApiKey {
    /// True where it was neither taken back nor has ended.
    #[must_use]
    pub fn is_good(&self, now: Timestamp) -> bool {
        self.revoked.is_none() && self.expires.is_none_or(|expires| now < expires)
    }

    /// How it is named in the audit trail.
    #[must_use]
    pub fn named(&self) -> String {
        format!("api key {}", self.name)
    }
}

/// Why a key was not made or taken back.
#[derive(Debug, thiserror::Error)]
pub enum ApiKeyError {
    /// The database.
    #[error(transparent)]
    Storage(#[from] StorageError),
    /// The system's random numbers.
    #[error(transparent)]
    Secret(#[from] SecretError),
    /// An empty or odd name.
    #[error("a key's name has 1 to {NAME_CHARS_MAX} characters and no control characters")]
    Name,
    /// A key for nothing.
    #[error("a key needs at least one scope")]
    NoScope,
    /// The name was used before.
    #[error("site {site} has or had a key named {name:?}; a name is used once")]
    Taken {
        /// Where.
        site: SiteId,
        /// Which.
        name: String,
    },
    /// Nothing to take back.
    #[error("site {site} has no key named {name:?} that is still good")]
    Unknown {
        /// Where.
        site: SiteId,
        /// Which.
        name: String,
    },
}

/// A key to be.
#[derive(Debug, Clone)]
pub struct NewApiKey {
    /// The only site that it opens.
    pub site: SiteId,
    /// Whose it is.
    pub name: String,
    /// What it may be used for.
    pub scopes: Vec<Scope>,
    /// When it ends; `None` for never.
    pub expires: Option<Timestamp>,
}

/// Makes a key and returns it as it is shown once.
///
/// # Errors
/// [`ApiKeyError`] where it cannot be or nothing was saved.
pub async fn make(storage: &Storage, new: NewApiKey, now: Timestamp) -> Result<String, ApiKeyError> {
    let name = new.name.trim().to_owned();
    let good = (1..=NAME_CHARS_MAX).contains(&name.chars().count()) && !name.chars().any(char::is_control);
    if !good {
        return Err(ApiKeyError::Name);
    }
    let mut scopes = new.scopes;
    scopes.sort_unstable();
    scopes.dedup();
    if scopes.is_empty() {
        return Err(ApiKeyError::NoScope);
    }
    let (site, expires) = (new.site, new.expires);
    let secret = Secret::new(site)?;
    let subject = format!("{name}: {}", Scope::join(&scopes));
    let key =
        ApiKey { site, name: name.clone(), scopes, created: now, expires, revoked: None, last_used: None };
    let entry = AuditEntry { at: now, by: COMMAND_LINE.to_owned(), act: Act::ApiKeyMade, subject };
    if !storage.add_api_key(key, secret.hash(), entry).await? {
        return Err(ApiKeyError::Taken { site, name });
    }
    Ok(format!("{PREFIX}{}", secret.reveal()))
}

/// Takes a key back; its next request is refused.
///
/// # Errors
/// [`ApiKeyError`] where there is none or nothing was saved.
pub async fn revoke(storage: &Storage, site: SiteId, name: &str, now: Timestamp) -> Result<(), ApiKeyError> {
    let name = name.trim();
    let entry = AuditEntry::at_the_machine(now, Act::ApiKeyRevoked, name);
    if storage.revoke_api_key(site, name, entry).await? {
        return Ok(());
    }
    Err(ApiKeyError::Unknown { site, name: name.to_owned() })
}

/// The good key that a program sent; `None` where it is none.
///
/// # Errors
/// [`StorageError`] where the database cannot be read.
pub async fn look_up(storage: &Storage, sent: &str, now: Timestamp) -> Result<Option<ApiKey>, StorageError> {
    let Some(secret) = sent.strip_prefix(PREFIX).and_then(Secret::parse) else { return Ok(None) };
    let found = storage.api_key(secret.site, secret.hash()).await?;
    Ok(found.filter(|key| key.is_good(now)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn scopes_are_stored_by_their_names() {
        for scope in Scope::ALL {
            assert_eq!(scope.as_str().parse(), Ok(*scope));
        }
        assert_eq!(Scope::split(&Scope::join(Scope::ALL)).as_deref(), Some(Scope::ALL));
        assert_eq!(Scope::split("read write"), None);
        assert!("Read".parse::<Scope>().is_err());
    }
}
