//! Devices and their keys: who may ask, which requests were served already, who is locked out.

use super::audit::{AuditEntry, append};
use super::tx::{Row, Tx, Value, values};
use super::{Admission, DeviceAuth, NamedDevice, Storage, StorageError};
use crate::domain::{DeviceId, PublicKey, SiteId, Timestamp};
use crate::sync::wire::{Claim, SIGNED_MS_MAX};

/// Most requests of one device that are remembered at once: far more than a handheld makes in four minutes.
const NONCES_MAX: i64 = 20_000;

impl Storage {
    /// A device by its id, locked out or not.
    ///
    /// # Errors
    /// [`StorageError`] where the database cannot be read.
    pub async fn device(&self, site: SiteId, device: DeviceId) -> Result<Option<DeviceAuth>, StorageError> {
        self.read((site, device), |input, tx| Box::pin(device_of(input, tx))).await
    }

    /// Lets a request in once, and notes that the device was heard of. What is too old to come again is forgotten.
    ///
    /// # Errors
    /// [`StorageError`] where nothing was saved.
    pub async fn admit(&self, claim: Claim, now: Timestamp) -> Result<Admission, StorageError> {
        self.write((claim, now), |input, tx| Box::pin(admit(input, tx))).await
    }

    /// Locks a device out from its next request on; false where it is locked out already, or unknown.
    ///
    /// # Errors
    /// [`StorageError`] where nothing was saved.
    pub async fn revoke(
        &self,
        site: SiteId,
        device: DeviceId,
        entry: AuditEntry,
    ) -> Result<bool, StorageError> {
        self.write((site, device, entry), |input, tx| Box::pin(revoke(input, tx))).await
    }

    /// The devices of that name, at all sites.
    ///
    /// # Errors
    /// [`StorageError`] where the database cannot be read.
    pub async fn devices_named(&self, name: &str) -> Result<Vec<NamedDevice>, StorageError> {
        self.read(name.to_owned(), |name, tx| Box::pin(devices_named(name, tx))).await
    }
}

async fn device_of(
    (site, device): &(SiteId, DeviceId),
    tx: &mut dyn Tx,
) -> Result<Option<DeviceAuth>, StorageError> {
    let found = tx.row(include_str!("sql/find_device.sql"), &values![site.0, *device]).await?;
    let Some(mut row) = found else { return Ok(None) };
    let (key, revoked) = (PublicKey(row.bytes()?), row.flag()?);
    Ok(Some(DeviceAuth { site: *site, device: *device, key, revoked }))
}

async fn admit((claim, now): &(Claim, Timestamp), tx: &mut dyn Tx) -> Result<Admission, StorageError> {
    let (site, device) = (claim.site.0, claim.device);
    let (oldest, newest) = (now.plus_ms(-SIGNED_MS_MAX), now.plus_ms(SIGNED_MS_MAX));
    tx.execute(include_str!("sql/sweep_nonces.sql"), &values![site, device, oldest, newest]).await?;
    let kept = tx.row(include_str!("sql/count_nonces.sql"), &values![site, device, NONCES_MAX]).await?;
    if kept.map_or(Ok(0), |mut row| row.int())? >= NONCES_MAX {
        return Ok(Admission::TooMany);
    }
    let nonce = Value::Blob(claim.nonce.as_bytes().to_vec());
    let params = values![site, device, claim.time, nonce];
    if tx.execute(include_str!("sql/insert_nonce.sql"), &params).await? == 0 {
        return Ok(Admission::Again);
    }
    tx.execute(include_str!("sql/note_contact.sql"), &values![site, device, *now]).await?;
    Ok(Admission::Fresh)
}

async fn revoke(
    (site, device, entry): &(SiteId, DeviceId, AuditEntry),
    tx: &mut dyn Tx,
) -> Result<bool, StorageError> {
    let changed = tx.execute(include_str!("sql/revoke_device.sql"), &values![site.0, *device]).await?;
    if changed > 0 {
        append(tx, *site, entry).await?;
    }
    Ok(changed > 0)
}

async fn devices_named(name: &str, tx: &mut dyn Tx) -> Result<Vec<NamedDevice>, StorageError> {
    let rows = tx.rows(include_str!("sql/named_devices.sql"), &values![name]).await?;
    rows.into_iter().map(named).collect()
}

fn named(mut row: Row) -> Result<NamedDevice, StorageError> {
    let (site, device) = (SiteId(row.int()?), row.device()?);
    Ok(NamedDevice { site, device, name: row.text()?, revoked: row.flag()? })
}
