//! Devices: tokens that become devices, and how far each one is here.

use super::super::{DeviceAuth, DeviceHeads, NewDevice};
use super::row::int;
use super::{Storage, StorageError, heads};
use crate::domain::{DeviceId, SiteId, Timestamp};
use crate::server::secret::Secret;
use rusqlite::{Connection, OptionalExtension as _, params};

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
        let (site, hash) = (token.site, token.hash());
        self.write(move |connection| {
            let named: Option<String> = connection
                .prepare_cached(include_str!("sql/use_token.sql"))?
                .query_row(params![site.0, hash, new.device.0.as_bytes(), now.0], |row| row.get(0))
                .optional()?;
            let Some(named) = named else { return Ok(None) };
            let name = if named.is_empty() { new.name } else { named };
            connection.prepare_cached(include_str!("sql/insert_device.sql"))?.execute(params![
                site.0,
                new.device.0.as_bytes(),
                name,
                new.key.0,
                now.0
            ])?;
            Ok(Some(name))
        })
        .await
    }

    /// Notes the newest event that a device told of.
    ///
    /// # Errors
    /// [`StorageError`] where nothing was saved.
    pub async fn touch(&self, device: DeviceAuth, reported_seq: u64) -> Result<(), StorageError> {
        self.write(move |connection| {
            connection.prepare_cached(include_str!("sql/touch_device.sql"))?.execute(params![
                device.site.0,
                device.device.0.as_bytes(),
                int(reported_seq)
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
