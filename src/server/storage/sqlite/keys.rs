//! Devices and their keys: who may ask, which requests were served already, who is locked out.

use super::super::{Admission, DeviceAuth, NamedDevice};
use super::{Storage, StorageError};
use crate::domain::{DeviceId, PublicKey, SiteId, Timestamp};
use crate::sync::wire::{Claim, SIGNED_MS_MAX};
use rusqlite::{Connection, OptionalExtension as _, params};
use uuid::Uuid;

/// Most requests of one device that are remembered at once: far more than a handheld makes in four minutes.
const NONCES_MAX: i64 = 20_000;

impl Storage {
    /// A device by its id, locked out or not.
    ///
    /// # Errors
    /// [`StorageError`] where the database cannot be read.
    pub async fn device(&self, site: SiteId, device: DeviceId) -> Result<Option<DeviceAuth>, StorageError> {
        self.read(move |connection| {
            let found = connection
                .prepare_cached(include_str!("sql/find_device.sql"))?
                .query_row(params![site.0, device.0.as_bytes()], |row| {
                    let (key, revoked) = (PublicKey(row.get(0)?), row.get(1)?);
                    Ok(DeviceAuth { site, device, key, revoked })
                })
                .optional()?;
            Ok(found)
        })
        .await
    }

    /// Lets a request in once, and notes that the device was heard of. What is too old to come again is forgotten.
    ///
    /// # Errors
    /// [`StorageError`] where nothing was saved.
    pub async fn admit(&self, claim: Claim, now: Timestamp) -> Result<Admission, StorageError> {
        self.write(move |connection| admit(connection, &claim, now)).await
    }

    /// Locks a device out from its next request on; false where it is locked out already, or unknown.
    ///
    /// # Errors
    /// [`StorageError`] where nothing was saved.
    pub async fn revoke(&self, site: SiteId, device: DeviceId) -> Result<bool, StorageError> {
        self.write(move |connection| {
            let mut statement = connection.prepare_cached(include_str!("sql/revoke_device.sql"))?;
            Ok(statement.execute(params![site.0, device.0.as_bytes()])? > 0)
        })
        .await
    }

    /// The devices of that name, at all sites.
    ///
    /// # Errors
    /// [`StorageError`] where the database cannot be read.
    pub async fn devices_named(&self, name: &str) -> Result<Vec<NamedDevice>, StorageError> {
        let name = name.to_owned();
        self.read(move |connection| {
            let mut statement = connection.prepare_cached(include_str!("sql/named_devices.sql"))?;
            let rows = statement.query_map([name], |row| {
                Ok(NamedDevice {
                    site: SiteId(row.get(0)?),
                    device: DeviceId(Uuid::from_bytes(row.get(1)?)),
                    name: row.get(2)?,
                    revoked: row.get(3)?,
                })
            })?;
            Ok(rows.collect::<Result<_, _>>()?)
        })
        .await
    }
}

fn admit(connection: &Connection, claim: &Claim, now: Timestamp) -> Result<Admission, StorageError> {
    let (site, device) = (claim.site.0, claim.device.0.into_bytes());
    let (oldest, newest) = (now.plus_ms(-SIGNED_MS_MAX), now.plus_ms(SIGNED_MS_MAX));
    connection
        .prepare_cached(include_str!("sql/sweep_nonces.sql"))?
        .execute(params![site, device, oldest.0, newest.0])?;
    let kept: i64 = connection
        .prepare_cached(include_str!("sql/count_nonces.sql"))?
        .query_row(params![site, device, NONCES_MAX], |row| row.get(0))?;
    if kept >= NONCES_MAX {
        return Ok(Admission::TooMany);
    }
    let added = connection.prepare_cached(include_str!("sql/insert_nonce.sql"))?.execute(params![
        site,
        device,
        claim.time.0,
        claim.nonce.as_bytes()
    ])?;
    if added == 0 {
        return Ok(Admission::Again);
    }
    connection.prepare_cached(include_str!("sql/note_contact.sql"))?.execute(params![site, device, now.0])?;
    Ok(Admission::Fresh)
}
