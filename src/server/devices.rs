//! Devices as an administrator handles them: invited by a code, locked out by name.

use super::secret::{Secret, SecretError};
use super::storage::{Act, AuditEntry, NamedDevice, Storage, StorageError};
use crate::domain::{DeviceId, SiteId, Timestamp};
use crate::sync::wire::{Hash, Invitation};
use fast_qr::{ECL, QRBuilder};
use std::path::Path;
use uuid::Uuid;

/// How long a token opens a device.
pub const TOKEN_MS_MAX: i64 = 10 * 60 * 1000;
/// A device that was heard of within so long is in reach.
pub const IN_REACH_MS: i64 = 15 * 60 * 1_000;
/// In the data folder: where the server is reached, for those who invite.
const URL_FILE: &str = "url";

/// Why a device was not invited or locked out.
#[derive(Debug, thiserror::Error)]
pub enum DeviceError {
    /// The database.
    #[error(transparent)]
    Storage(#[from] StorageError),
    /// The system's random numbers.
    #[error(transparent)]
    Secret(#[from] SecretError),
    /// Nobody has told where the server is.
    #[error("it is not known under which address handhelds reach the server; say it with --url")]
    NoUrl,
    /// The name fits none.
    #[error("no device is called {0:?}")]
    Unknown(String),
    /// The name fits several.
    #[error("several devices are called {name:?}; name one by its id: {ids}")]
    Several {
        /// The name.
        name: String,
        /// Their ids.
        ids: String,
    },
}

/// A one-time token, good for [`TOKEN_MS_MAX`] from `now`; `by` is who made it, for the audit trail.
///
/// # Errors
/// [`DeviceError`] where nothing was saved.
pub async fn token(
    storage: &Storage,
    site: SiteId,
    name: &str,
    by: &str,
    now: Timestamp,
) -> Result<Secret, DeviceError> {
    let token = Secret::new(site)?;
    let entry = AuditEntry { at: now, by: by.to_owned(), act: Act::DeviceInvited, subject: name.to_owned() };
    storage.add_token(&token, name, now.plus_ms(TOKEN_MS_MAX), entry).await?;
    Ok(token)
}

/// Keeps the address under which handhelds reach the server, and the fingerprint of its authority.
///
/// # Errors
/// Where the data folder cannot be written.
pub fn note_url(data: &Path, url: &str, authority: Option<Hash>) -> std::io::Result<()> {
    let authority = authority.map(|hash| hash.to_string()).unwrap_or_default();
    std::fs::write(data.join(URL_FILE), format!("{url}\n{authority}\n"))
}

/// What a handheld scans to become a device of that name at that site; `by` is who invites it, for the audit trail.
///
/// # Errors
/// [`DeviceError`] where nothing was saved, and where no address is given or kept.
pub async fn invite(
    storage: &Storage,
    site: SiteId,
    name: &str,
    url: Option<String>,
    by: &str,
    now: Timestamp,
) -> Result<Invitation, DeviceError> {
    let kept = std::fs::read_to_string(storage.folder().join(URL_FILE)).unwrap_or_default();
    let mut kept = kept.lines();
    let (at, authority) = (kept.next().unwrap_or_default(), kept.next().and_then(Hash::parse));
    let url = url.unwrap_or_else(|| at.to_owned());
    if url.trim().is_empty() {
        return Err(DeviceError::NoUrl);
    }
    let url = url.trim().to_owned();
    let authority = authority.filter(|_| url.starts_with("https://"));
    let token = token(storage, site, name, by, now).await?;
    Ok(Invitation { url, authority, token: token.reveal().to_owned() })
}

/// The lines of the code for a terminal, light on dark, with the quiet zone of four modules that readers ask for; `None`
/// where the text is too long for one.
#[must_use]
pub fn qr(text: &str) -> Option<Vec<String>> {
    let code = QRBuilder::new(text).ecl(ECL::L).build().ok()?.to_str();
    let width = code.lines().map(|line| line.chars().count()).max()? + 6;
    let light = "█".repeat(width);
    // A line is two modules high. The first one is half a line of quiet zone; here it becomes two whole ones.
    let inner = code.lines().skip(1).map(|line| format!("███{line}███"));
    let two = || [light.clone(), light.clone()];
    Some(two().into_iter().chain(inner).chain(two()).collect())
}

/// Locks out the device of that name or id, from its next request on. False where it was locked out before.
///
/// # Errors
/// [`DeviceError`] where the name fits none or several.
pub async fn revoke(
    storage: &Storage,
    site: SiteId,
    wanted: &str,
    now: Timestamp,
) -> Result<(NamedDevice, bool), DeviceError> {
    let device = match Uuid::try_parse(wanted) {
        Ok(id) => by_id(storage, site, DeviceId(id)).await?,
        Err(_) => by_name(storage, wanted).await?,
    };
    let subject = format!("{} ({})", device.name, device.device);
    let entry = AuditEntry::at_the_machine(now, Act::DeviceRevoked, subject);
    let changed = storage.revoke(device.site, device.device, entry).await?;
    Ok((device, changed))
}

async fn by_id(storage: &Storage, site: SiteId, device: DeviceId) -> Result<NamedDevice, DeviceError> {
    let found = storage.device(site, device).await?;
    let known = found.ok_or_else(|| DeviceError::Unknown(device.to_string()))?;
    Ok(NamedDevice { site, device, name: device.to_string(), revoked: known.revoked })
}

async fn by_name(storage: &Storage, name: &str) -> Result<NamedDevice, DeviceError> {
    let mut found = storage.devices_named(name).await?;
    if found.iter().any(|device| !device.revoked) {
        found.retain(|device| !device.revoked);
    }
    let first = found.pop().ok_or_else(|| DeviceError::Unknown(name.to_owned()))?;
    if found.is_empty() {
        return Ok(first);
    }
    found.push(first);
    let ids = found.iter().map(|device| device.device.to_string()).collect::<Vec<_>>().join(", ");
    Err(DeviceError::Several { name: name.to_owned(), ids })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_code_has_its_quiet_zone_on_every_side() {
        let lines = qr(&"firstout-enrol:1,".repeat(10)).unwrap();
        let width = lines[0].chars().count();
        assert!(lines.iter().all(|line| line.chars().count() == width), "{lines:?}");
        let light = "█".repeat(width);
        assert!(lines[..2].iter().chain(&lines[lines.len() - 2..]).all(|line| *line == light));
        assert!(lines.iter().all(|line| line.starts_with("████") && line.ends_with("███")), "{lines:?}");
        assert_eq!(qr(&"x".repeat(5_000)), None);
    }
}
