//! Devices: tokens that become devices, and how far each one is here.

use super::audit::{Act, AuditEntry, append};
use super::stream::{heads, identity, newest_chain};
use super::tx::{Tx, values};
use super::{DeviceAuth, DeviceHeads, NewDevice, Storage, StorageError};
use crate::domain::{DeviceId, SiteId, Timestamp};
use crate::server::secret::Secret;

/// What a device tells of itself, each part where it changed.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct DeviceReport {
    /// The newest sequence on it.
    pub head: Option<u64>,
    /// The newest master entry that it has.
    pub master: Option<u64>,
    /// The newest control entry that it has.
    pub control: Option<u64>,
    /// The app's version.
    pub app: Option<String>,
    /// How full its battery is, in per cent.
    pub battery: Option<u8>,
}

impl Storage {
    /// Keeps the hash of a one-time token until it expires.
    ///
    /// # Errors
    /// [`StorageError`] where nothing was saved.
    pub async fn add_token(
        &self,
        token: &Secret,
        name: &str,
        expires: Timestamp,
        entry: AuditEntry,
    ) -> Result<(), StorageError> {
        let input = (token.site, token.hash(), name.to_owned(), expires, entry);
        self.write(input, |input, tx| Box::pin(add_token(input, tx))).await
    }

    /// Uses up a token for a new device and returns the name that it goes by; `None` where the token is unknown, used or
    /// too old.
    ///
    /// # Errors
    /// [`StorageError`] where nothing was saved.
    pub async fn enrol(
        &self,
        token: &Secret,
        new: NewDevice,
        now: Timestamp,
    ) -> Result<Option<String>, StorageError> {
        let input = (token.site, token.hash(), new, now);
        self.write(input, |input, tx| Box::pin(enrol(input, tx))).await
    }

    /// Notes what a device told of itself.
    ///
    /// # Errors
    /// [`StorageError`] where nothing was saved.
    pub async fn note_report(&self, device: DeviceAuth, report: DeviceReport) -> Result<(), StorageError> {
        self.write((device, report), |input, tx| Box::pin(note_report(input, tx))).await
    }

    /// How far a device is here.
    ///
    /// # Errors
    /// [`StorageError`] where the database cannot be read.
    pub async fn device_heads(&self, site: SiteId, device: DeviceId) -> Result<DeviceHeads, StorageError> {
        self.read((site, device), |input, tx| Box::pin(device_heads(input, tx))).await
    }
}

async fn add_token(
    (site, hash, name, expires, entry): &(SiteId, [u8; 32], String, Timestamp, AuditEntry),
    tx: &mut dyn Tx,
) -> Result<(), StorageError> {
    let sql = "INSERT INTO enrolment (site, token_hash, name, expires) VALUES (?1, ?2, ?3, ?4)";
    tx.execute(sql, &values![site.0, *hash, name.as_str(), *expires]).await?;
    append(tx, *site, entry).await
}

async fn enrol(
    (site, hash, new, now): &(SiteId, [u8; 32], NewDevice, Timestamp),
    tx: &mut dyn Tx,
) -> Result<Option<String>, StorageError> {
    let params = values![site.0, *hash, new.device, *now];
    let Some(mut named) = tx.row(include_str!("sql/use_token.sql"), &params).await? else {
        return Ok(None);
    };
    let named = named.text()?;
    let name = if named.is_empty() { new.name.clone() } else { named };
    let params = values![site.0, new.device, name.as_str(), new.key.0, *now];
    tx.execute(include_str!("sql/insert_device.sql"), &params).await?;
    let (by, subject) = (format!("device {}", new.device), name.clone());
    append(tx, *site, &AuditEntry { at: *now, by, act: Act::DeviceEnrolled, subject }).await?;
    Ok(Some(name))
}

async fn note_report(
    (device, report): &(DeviceAuth, DeviceReport),
    tx: &mut dyn Tx,
) -> Result<(), StorageError> {
    let DeviceReport { head, master, control, app, battery } = report;
    let (app, battery) = (app.as_deref(), battery.map(i64::from));
    let params = values![device.site.0, device.device, *head, *master, app, battery, *control];
    tx.execute(include_str!("sql/note_report.sql"), &params).await?;
    Ok(())
}

async fn device_heads(
    (site, device): &(SiteId, DeviceId),
    tx: &mut dyn Tx,
) -> Result<DeviceHeads, StorageError> {
    let identity = identity(&(), tx).await?;
    let (epoch, last) = newest_chain(tx, *site, *device).await?;
    Ok(DeviceHeads { identity, epoch, last, heads: heads(tx, *site).await? })
}
