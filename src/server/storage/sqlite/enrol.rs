//! Devices: tokens that become devices, and secrets that name them.

use super::super::{DeviceAuth, DeviceHeads, NewDevice};
use super::row::int;
use super::{Storage, StorageError, heads};
use crate::domain::{DeviceId, SiteId, Timestamp};
use crate::server::secret::Secret;
use rusqlite::{Connection, OptionalExtension as _, params};
use uuid::Uuid;

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
    ) -> Result<(), StorageError> {
        let (site, hash, name) = (token.site, token.hash(), name.to_owned());
        self.write(move |connection| {
            connection
                .prepare_cached(
                    "INSERT INTO enrolment (site, token_hash, name, expires) VALUES (?1, ?2, ?3, ?4)",
                )?
                .execute(params![site.0, hash, name, expires.0])?;
            Ok(())
        })
        .await
    }

    /// Uses up a token for a new device; `None` where the token is unknown, used or too old.
    ///
    /// # Errors
    /// [`StorageError`] where nothing was saved.
    pub async fn enrol(&self, token: &Secret, new: NewDevice, now: Timestamp) -> Result<bool, StorageError> {
        let (site, hash) = (token.site, token.hash());
        self.write(move |connection| {
            let named: Option<String> = connection
                .prepare_cached(include_str!("sql/use_token.sql"))?
                .query_row(params![site.0, hash, new.device.0.as_bytes(), now.0], |row| row.get(0))
                .optional()?;
            let Some(named) = named else { return Ok(false) };
            let name = if named.is_empty() { &new.name } else { &named };
            connection.prepare_cached(include_str!("sql/insert_device.sql"))?.execute(params![
                site.0,
                new.device.0.as_bytes(),
                name,
                new.secret_hash,
                now.0
            ])?;
            Ok(true)
        })
        .await
    }

    /// The device of a secret; `None` where there is none, or it was revoked.
    ///
    /// # Errors
    /// [`StorageError`] where the database cannot be read.
    pub async fn device_of(&self, secret: &Secret) -> Result<Option<DeviceAuth>, StorageError> {
        let (site, hash) = (secret.site, secret.hash());
        self.read(move |connection| {
            let found = connection
                .prepare_cached(include_str!("sql/find_device.sql"))?
                .query_row(params![site.0, hash], |row| {
                    Ok(DeviceAuth {
                        site,
                        device: DeviceId(Uuid::from_bytes(row.get(0)?)),
                        last_contact: Timestamp(row.get(1)?),
                    })
                })
                .optional()?;
            Ok(found)
        })
        .await
    }

    /// Notes that a device was heard of, and the newest event that it told of.
    ///
    /// # Errors
    /// [`StorageError`] where nothing was saved.
    pub async fn touch(
        &self,
        device: DeviceAuth,
        reported_seq: Option<u64>,
        now: Timestamp,
    ) -> Result<(), StorageError> {
        self.write(move |connection| {
            connection.prepare_cached(include_str!("sql/touch_device.sql"))?.execute(params![
                device.site.0,
                device.device.0.as_bytes(),
                now.0,
                reported_seq.map(int)
            ])?;
            Ok(())
        })
        .await
    }

    /// How far a device is here.
    ///
    /// # Errors
    /// [`StorageError`] where the database cannot be read.
    pub async fn device_heads(&self, site: SiteId, device: DeviceId) -> Result<DeviceHeads, StorageError> {
        self.read(move |connection| {
            let (epoch, last_seq) = newest_chain(connection, site, device)?;
            Ok(DeviceHeads { epoch, last_seq, heads: heads(connection, site)? })
        })
        .await
    }
}

/// A device's newest epoch here and its last sequence in it.
pub(super) fn newest_chain(
    connection: &Connection,
    site: SiteId,
    device: DeviceId,
) -> Result<(u32, u64), StorageError> {
    let found = connection
        .prepare_cached(include_str!("sql/newest_chain.sql"))?
        .query_row(params![site.0, device.0.as_bytes()], |row| {
            Ok((row.get(0)?, super::row::unsigned(row, 1)?))
        })
        .optional()?;
    Ok(found.unwrap_or((1, 0)))
}
