//! People: signing in with badge and PIN, and the first administrator.

use super::secret::{Secret, SecretError};
use super::storage::{Act, AuditEntry, SERVER, SessionKey, Storage, StorageError};
use crate::domain::{PinError, Role, SiteId, Timestamp, User, UserId, hash_pin, verify_pin};
use tokio::sync::Semaphore;

/// PINs that are looked at in one moment: each takes 7 MiB and some milliseconds.
static LOOKING: Semaphore = Semaphore::const_new(4);
/// Longest badge that is written into the audit trail, in characters.
const BADGE_CHARS_MAX: usize = 40;
/// How often a person is tried to be saved where others were faster.
const TRIES_MAX: usize = 20;
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
    /// What gives goods free needs more than a badge.
    #[error("a supervisor needs a PIN")]
    NeedsPin,
    /// Nobody could let anybody in.
    #[error("somebody has to stay administrator")]
    LastAdmin,
    /// There is nobody of that id.
    #[error("there is no such person")]
    Unknown,
    /// Others change the site's records all the while.
    #[error("others are changing this site's records at the same time; nothing was saved, try again")]
    Busy,
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
    let mut random = [0_u8; 24];
    getrandom::fill(&mut random).map_err(SecretError::from)?;
    let (salt, digits) = random.split_at(16);
    let pin = new.pin.unwrap_or_else(|| {
        let number = digits.iter().fold(0_u64, |number, byte| number << 8 | u64::from(*byte));
        format!("{:06}", number % 1_000_000)
    });
    let hash = hash_pin(&pin, salt)?;
    let (role, language) = (new.role, new.language);
    let new = User { id: UserId(0), name, badge, pin: Some(hash), role, language, active: true };
    let id = save(storage, site, by, now, |users| {
        if let Some((_, other)) = users.iter().find(|(_, user)| user.active && user.badge == new.badge) {
            return Err(PeopleError::Taken { badge: new.badge.clone(), name: other.name.clone() });
        }
        let here = users.iter().filter(|(of, _)| *of == site);
        let id = UserId(here.map(|(_, user)| user.id.0).max().unwrap_or(0) + 1);
        Ok(User { id, ..new.clone() })
    });
    Ok((id.await?, pin))
}

/// Saves the person that `choose` makes of everybody there is, and chooses again where somebody else was faster.
async fn save(
    storage: &Storage,
    site: SiteId,
    by: &str,
    now: Timestamp,
    choose: impl Fn(&[(SiteId, User)]) -> Result<User, PeopleError>,
) -> Result<UserId, PeopleError> {
    for _ in 0..TRIES_MAX {
        let (users, head) = storage.users_and_head(site).await?;
        let user = choose(&users)?;
        let id = user.id;
        let entry = AuditEntry { at: now, by: by.to_owned(), act: Act::UserSaved, subject: named(&user) };
        if storage.save_user(site, head, user, entry).await? {
            return Ok(id);
        }
    }
    Err(PeopleError::Busy)
}

/// A person as they are to be from now on.
pub struct ChangedUser {
    /// Who.
    pub id: UserId,
    /// The name on screens.
    pub name: String,
    /// What the badge's barcode says.
    pub badge: String,
    /// What the person may do.
    pub role: Role,
    /// Language of the screens; the device's where empty.
    pub language: String,
    /// A new PIN; `None` keeps the one that is set.
    pub pin: Option<String>,
    /// False once the person has left.
    pub active: bool,
}

/// Changes a person of a site; their sessions at the console end.
///
/// # Errors
/// [`PeopleError`] where it cannot be or nothing was saved.
pub async fn change(
    storage: &Storage,
    site: SiteId,
    changed: ChangedUser,
    by: &str,
    now: Timestamp,
) -> Result<(), PeopleError> {
    let (name, badge) = (clean(&changed.name, "name")?, clean(&changed.badge, "badge")?);
    let pin = match changed.pin {
        None => None,
        Some(pin) => {
            let mut salt = [0_u8; 16];
            getrandom::fill(&mut salt).map_err(SecretError::from)?;
            let hashed = tokio::task::spawn_blocking(move || hash_pin(&pin, &salt)).await;
            Some(hashed.map_err(|_| PeopleError::Cut)??)
        }
    };
    let (id, role, language, active) = (changed.id, changed.role, changed.language, changed.active);
    let changed = User { id, name, badge, pin, role, language, active };
    let saved = save(storage, site, by, now, |users| {
        let is_this = |of: SiteId, user: &User| of == site && user.id == id;
        let before = users.iter().find(|(of, user)| is_this(*of, user)).map(|(_, user)| user);
        let before = before.ok_or(PeopleError::Unknown)?;
        let others = || users.iter().filter(|(of, user)| !is_this(*of, user) && user.active);
        if active && let Some((_, other)) = others().find(|(_, user)| user.badge == changed.badge) {
            return Err(PeopleError::Taken { badge: changed.badge.clone(), name: other.name.clone() });
        }
        let pin = changed.pin.clone().or_else(|| before.pin.clone());
        let user = User { pin, ..changed.clone() };
        if user.active && is_console_role(user.role) && user.pin.is_none() {
            return Err(PeopleError::NeedsPin);
        }
        let is_admin = |user: &User| user.active && user.role == Role::Admin && user.pin.is_some();
        let stays = others().any(|(of, other)| *of == site && is_admin(other));
        if is_admin(before) && !is_admin(&user) && !stays {
            return Err(PeopleError::LastAdmin);
        }
        Ok(user)
    });
    saved.await.map(drop)
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
    loop {
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
        let (name, language) = ("Administrator".to_owned(), String::new());
        let new = NewUser { name, badge: badge.clone(), role: Role::Admin, language, pin: None };
        match add(storage, SiteId(1), new, "first start", now).await {
            // Another process of the same database has just made it, and said so.
            Err(PeopleError::Taken { .. }) => {}
            added => return added.map(|(_, pin)| Some((badge, pin))),
        }
    }
}
