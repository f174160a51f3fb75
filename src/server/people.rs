//! People: signing in with badge and PIN, and the first administrator.

use super::secret::{Secret, SecretError};
use super::storage::{Act, AuditEntry, SERVER, SessionKey, Storage, StorageError};
use crate::domain::{PinError, Role, SiteId, Timestamp, User, UserId, hash_pin, verify_pin};
use tokio::sync::Semaphore;

/// PINs that are looked at in one moment: each takes 7 MiB and some milliseconds.
static LOOKING: Semaphore = Semaphore::const_new(4);
/// Longest badge that is written into the audit trail, in characters.
const BADGE_CHARS_MAX: usize = 40;
/// Of the administrator that the server makes.
const FIRST_BADGE: &str = "ADMIN";

/// Why a person was not saved or signed in.
#[derive(Debug, thiserror::Error)]
pub enum PeopleError {
    /// The database.
    #[error(transparent)]
    Storage(#[from] StorageError),
    /// The system's random numbers.
    #[error(transparent)]
    Secret(#[from] SecretError),
    /// The PIN.
    #[error(transparent)]
    Pin(#[from] PinError),
    /// The badge is another one's.
    #[error("the badge {badge:?} is already {name}'s")]
    Taken {
        /// The badge.
        badge: String,
        /// Whose it is.
        name: String,
    },
    /// An empty name or badge, or an odd one.
    #[error("a {0} has 1 to 40 characters and no control characters")]
    Odd(&'static str),
    /// Work that was cut off.
    #[error("the work was cut off")]
    Cut,
}

/// What came of signing in.
pub enum SignIn {
    /// Signed in; the secret is the session's.
    In(Secret),
    /// Wrong badge or PIN; which of them is not said.
    Wrong,
    /// Too many wrong ones.
    Locked(Timestamp),
    /// Right, but this role does not work at the console.
    NotHere,
}

/// True where a role works at the console.
#[must_use]
pub fn is_console_role(role: Role) -> bool {
    matches!(role, Role::Supervisor | Role::Admin)
}

/// How a person is named in the audit trail.
#[must_use]
pub fn named(user: &User) -> String {
    format!("user {} {}", user.id, user.name)
}

/// Signs a person in.
///
/// # Errors
/// [`PeopleError`] where nothing could be looked up or saved.
pub async fn sign_in(
    storage: &Storage,
    badge: &str,
    pin: &str,
    from: &str,
    now: Timestamp,
) -> Result<SignIn, PeopleError> {
    let known = storage.users().await?.into_iter();
    let found =
        known.filter(|(_, user)| user.active && user.badge == badge).find(|(_, user)| user.pin.is_some());
    let Some((site, user)) = found else {
        // As long as for a person who is known.
        is_right(pin.to_owned(), None).await?;
        let subject: String = badge.chars().filter(|c| !c.is_control()).take(BADGE_CHARS_MAX).collect();
        let entry = AuditEntry { at: now, by: from.to_owned(), act: Act::SignInFailed, subject };
        storage.note(SERVER, entry).await?;
        return Ok(SignIn::Wrong);
    };
    if let Some(until) = storage.begin_try(site, user.id, now).await? {
        return Ok(SignIn::Locked(until));
    }
    let entry = |act| AuditEntry { at: now, by: from.to_owned(), act, subject: named(&user) };
    if !is_right(pin.to_owned(), user.pin.clone()).await? {
        let locked = storage.wrong_pin(site, user.id, entry(Act::SignInFailed)).await?;
        return Ok(if locked { SignIn::Locked(now) } else { SignIn::Wrong });
    }
    if !is_console_role(user.role) {
        storage.note(site, entry(Act::SignInFailed)).await?;
        return Ok(SignIn::NotHere);
    }
    let secret = Secret::new(site)?;
    let key = SessionKey { site, hash: secret.hash() };
    storage.begin_session(key, user.id, entry(Act::SignedIn)).await?;
    Ok(SignIn::In(secret))
}

/// Compares a PIN, away from the threads that serve sockets.
async fn is_right(pin: String, hash: Option<String>) -> Result<bool, PeopleError> {
    let _turn = LOOKING.acquire().await.map_err(|_| PeopleError::Cut)?;
    let work = move || match hash {
        Some(hash) => verify_pin(&pin, &hash),
        None => {
            let _ = hash_pin("0000", b"nobody has this salt");
            false
        }
    };
    tokio::task::spawn_blocking(work).await.map_err(|_| PeopleError::Cut)
}

/// A person to be.
pub struct NewUser {
    /// The name on screens.
    pub name: String,
    /// What the badge's barcode says.
    pub badge: String,
    /// What the person may do.
    pub role: Role,
    /// Language of the screens; the device's where empty.
    pub language: String,
    /// `None` draws one of six digits.
    pub pin: Option<String>,
}

/// Adds a person to a site and returns the PIN.
///
/// # Errors
/// [`PeopleError`] where the badge is taken or nothing was saved.
pub async fn add(
    storage: &Storage,
    site: SiteId,
    new: NewUser,
    by: &str,
    now: Timestamp,
) -> Result<(UserId, String), PeopleError> {
    let (name, badge) = (clean(&new.name, "name")?, clean(&new.badge, "badge")?);
    let users = storage.users().await?;
    if let Some((_, other)) = users.iter().find(|(_, user)| user.active && user.badge == badge) {
        return Err(PeopleError::Taken { badge, name: other.name.clone() });
    }
    let here = users.iter().filter(|(of, _)| *of == site);
    let id = UserId(here.map(|(_, user)| user.id.0).max().unwrap_or(0) + 1);
    let mut random = [0_u8; 24];
    getrandom::fill(&mut random).map_err(SecretError::from)?;
    let (salt, digits) = random.split_at(16);
    let pin = new.pin.unwrap_or_else(|| {
        let number = digits.iter().fold(0_u64, |number, byte| number << 8 | u64::from(*byte));
        format!("{:06}", number % 1_000_000)
    });
    let hash = hash_pin(&pin, salt)?;
    let (role, language) = (new.role, new.language);
    let user = User { id, name, badge, pin: Some(hash), role, language, active: true };
    let (by, subject) = (by.to_owned(), named(&user));
    let entry = AuditEntry { at: now, by, act: Act::UserSaved, subject };
    storage.save_user(site, user, entry).await?;
    Ok((id, pin))
}

fn clean(text: &str, what: &'static str) -> Result<String, PeopleError> {
    let text = text.trim();
    let good = (1..=BADGE_CHARS_MAX).contains(&text.chars().count()) && !text.chars().any(char::is_control);
    good.then(|| text.to_owned()).ok_or(PeopleError::Odd(what))
}

/// Makes an administrator where nobody can sign in at the console, and returns badge and PIN: they are shown once.
///
/// # Errors
/// [`PeopleError`] where nothing was saved.
pub async fn first_admin(storage: &Storage, now: Timestamp) -> Result<Option<(String, String)>, PeopleError> {
    let users = storage.users().await?;
    let can = |user: &User| user.active && user.pin.is_some() && is_console_role(user.role);
    if users.iter().any(|(_, user)| can(user)) {
        return Ok(None);
    }
    let taken = |badge: &str| users.iter().any(|(_, user)| user.active && user.badge == badge);
    let mut badge = FIRST_BADGE.to_owned();
    while taken(&badge) {
        badge.push('1');
    }
    let new = NewUser {
        name: "Administrator".to_owned(),
        badge: badge.clone(),
        role: Role::Admin,
        language: String::new(),
        pin: None,
    };
    let (_, pin) = add(storage, SiteId(1), new, "first start", now).await?;
    Ok(Some((badge, pin)))
}
