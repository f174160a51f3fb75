//! What administrators do with endpoints; each act is in the audit trail.

use super::secret::SigningSecret;
use super::topic::Topic;
use crate::domain::{SiteId, Timestamp};
use crate::server::secret::SecretError;
use crate::server::storage::{Act, AuditEntry, NewWebhook, Storage, StorageError};
use hyper::Uri;

/// Longest name, in characters.
const NAME_CHARS_MAX: usize = 40;
/// Longest address, in bytes.
const URL_BYTES_MAX: usize = 2_000;
/// Most endpoints of a site.
pub const WEBHOOKS_MAX: u64 = 50;
/// How long a secret that was replaced still signs, beside the new one.
pub const OVERLAP_MS: i64 = 24 * 3_600_000;

/// An endpoint to be.
#[derive(Debug, Clone)]
pub struct New {
    /// Whose news it gets.
    pub site: SiteId,
    /// What it is called.
    pub name: String,
    /// Where it is.
    pub url: String,
    /// What it wants to know.
    pub topics: Vec<Topic>,
    /// Behind which entry of the ledger it begins; what comes from now on where absent.
    pub after: Option<u64>,
}

/// Why it was not done.
#[derive(Debug, thiserror::Error)]
pub enum WebhookError {
    /// The database.
    #[error(transparent)]
    Storage(#[from] StorageError),
    /// The system's random numbers.
    #[error(transparent)]
    Secret(#[from] SecretError),
    /// An odd name.
    #[error("a webhook's name has 1 to {NAME_CHARS_MAX} letters, digits, dots, dashes or underscores")]
    Name,
    /// Not an address.
    #[error("{0}")]
    Url(&'static str),
    /// It wants nothing.
    #[error("a webhook needs at least one kind of news; there are {all}", all = Topic::join(Topic::ALL))]
    NoTopic,
    /// The name is in use, or there are too many.
    #[error("site {site} has a webhook named {name:?} already, or {WEBHOOKS_MAX} of them")]
    Taken {
        /// Where.
        site: SiteId,
        /// Which.
        name: String,
    },
    /// There is none.
    #[error("site {site} has no webhook named {name:?}")]
    Unknown {
        /// Where.
        site: SiteId,
        /// Which.
        name: String,
    },
}

/// Makes an endpoint; its secret is shown this once.
///
/// # Errors
/// [`WebhookError`] where something is wrong with it or nothing was saved.
pub async fn add(
    storage: &Storage,
    new: New,
    by: &str,
    now: Timestamp,
) -> Result<SigningSecret, WebhookError> {
    let New { site, name, url, mut topics, after } = new;
    check_name(&name)?;
    let url = check_url(&url)?;
    topics.sort_unstable();
    topics.dedup();
    if topics.is_empty() {
        return Err(WebhookError::NoTopic);
    }
    let secret = SigningSecret::random()?;
    let subject = format!("{name}: {} to {}", Topic::join(&topics), host_of(&url));
    let entry = AuditEntry { at: now, by: by.to_owned(), act: Act::WebhookMade, subject };
    let row = NewWebhook { site, name: name.clone(), url, topics, secret: secret.clone(), after };
    if !storage.add_webhook(row, entry).await? {
        return Err(WebhookError::Taken { site, name });
    }
    Ok(secret)
}

/// Takes an endpoint away.
///
/// # Errors
/// [`WebhookError`] where there is none or nothing was saved.
pub async fn remove(
    storage: &Storage,
    which: (SiteId, &str),
    by: &str,
    now: Timestamp,
) -> Result<(), WebhookError> {
    let entry = entry(which, by, Act::WebhookRemoved, now);
    found(storage.remove_webhook(which, entry).await?, which)
}

/// Replaces the secret; for `overlap_ms` messages are signed with both. The new one is shown this once.
///
/// # Errors
/// [`WebhookError`] where there is none or nothing was saved.
pub async fn rotate(
    storage: &Storage,
    which: (SiteId, &str),
    overlap_ms: i64,
    by: &str,
    now: Timestamp,
) -> Result<SigningSecret, WebhookError> {
    let secret = SigningSecret::random()?;
    let entry = entry(which, by, Act::WebhookSecretReplaced, now);
    let until = now.plus_ms(overlap_ms.max(0));
    found(storage.rotate_webhook(which, secret.clone(), until, entry).await?, which)?;
    Ok(secret)
}

/// Sends again, at once, to an endpoint that was disabled or that waits after a failure.
///
/// # Errors
/// [`WebhookError`] where there is none or nothing was saved.
pub async fn enable(
    storage: &Storage,
    which: (SiteId, &str),
    by: &str,
    now: Timestamp,
) -> Result<(), WebhookError> {
    let entry = entry(which, by, Act::WebhookEnabled, now);
    found(storage.enable_webhook(which, entry).await?, which)
}

/// Sends nothing any more until it is enabled again; its place in the ledger is kept.
///
/// # Errors
/// [`WebhookError`] where there is none or nothing was saved.
pub async fn disable(
    storage: &Storage,
    which: (SiteId, &str),
    by: &str,
    now: Timestamp,
) -> Result<(), WebhookError> {
    let entry = entry(which, by, Act::WebhookDisabled, now);
    found(storage.disable_webhook(which, entry).await?, which)
}

/// Has the server send a message of no meaning, before everything else.
///
/// # Errors
/// [`WebhookError`] where there is none or nothing was saved.
pub async fn test(storage: &Storage, which: (SiteId, &str), now: Timestamp) -> Result<(), WebhookError> {
    found(storage.test_webhook(which, now).await?, which)
}

fn entry((_, name): (SiteId, &str), by: &str, act: Act, now: Timestamp) -> AuditEntry {
    AuditEntry { at: now, by: by.to_owned(), act, subject: name.to_owned() }
}

fn found(done: bool, (site, name): (SiteId, &str)) -> Result<(), WebhookError> {
    if done { Ok(()) } else { Err(WebhookError::Unknown { site, name: name.to_owned() }) }
}

fn check_name(name: &str) -> Result<(), WebhookError> {
    let fits = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'.' | b'-' | b'_');
    let good = (1..=NAME_CHARS_MAX).contains(&name.len()) && name.bytes().all(fits);
    // A dot alone is a step in an address.
    if good && !matches!(name, "." | "..") { Ok(()) } else { Err(WebhookError::Name) }
}

/// The address in the form in which it is used. Whether it may be used is asked when it is: that is up to the server, and
/// what a name stands for changes.
fn check_url(url: &str) -> Result<String, WebhookError> {
    let url = url.trim();
    if url.len() > URL_BYTES_MAX {
        return Err(WebhookError::Url("the address is too long"));
    }
    let wrong = "not an address of the form https://host/path";
    let parsed: Uri = url.parse().map_err(|_| WebhookError::Url(wrong))?;
    let authority = parsed.authority().filter(|_| matches!(parsed.scheme_str(), Some("https" | "http")));
    let authority = authority.filter(|authority| !authority.host().is_empty());
    let authority = authority.ok_or(WebhookError::Url(wrong))?;
    if authority.as_str().contains('@') {
        return Err(WebhookError::Url("an address with a name and a password in it is not taken"));
    }
    Ok(parsed.to_string())
}

/// The part of an address that is no secret.
pub(super) fn host_of(url: &str) -> String {
    let parsed: Option<Uri> = url.parse().ok();
    parsed.as_ref().and_then(Uri::authority).map_or_else(String::new, ToString::to_string)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_are_whole_and_hold_no_password() {
        for good in ["https://erp.example/hooks?key=1", "http://10.0.0.7:8080", "https://[2606:4700::1]/x"] {
            assert!(check_url(good).is_ok(), "{good}");
        }
        for wrong in [
            "",
            "erp.example",
            "/hooks",
            "ftp://erp/x",
            "https://a:b@erp.example/",
            "https:///x",
            "https://e rp/",
        ] {
            assert!(check_url(wrong).is_err(), "{wrong:?}");
        }
        assert_eq!(host_of("https://erp.example:8443/hooks?key=secret"), "erp.example:8443");
    }

    #[test]
    fn names_are_parts_of_an_address() {
        for good in ["erp", "erp-1.test_2"] {
            assert!(check_name(good).is_ok(), "{good}");
        }
        for wrong in ["", ".", "..", "a/b", "a b", "é", &"x".repeat(41)] {
            assert!(check_name(wrong).is_err(), "{wrong:?}");
        }
    }
}
