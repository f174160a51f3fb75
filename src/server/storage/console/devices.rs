//! Devices at shift end: what each has told of, what of it is here, and who signed it off.

use crate::domain::{DeviceId, SiteId, Timestamp, UserId};
use crate::server::storage::tx::{Row, Tx, values};
use crate::server::storage::{Storage, StorageError};

/// One device of a site.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DeviceState {
    /// Its id.
    pub device: DeviceId,
    /// Its name.
    pub name: String,
    /// True once it may no longer talk to the server.
    pub revoked: bool,
    /// When it was enrolled.
    pub enrolled: Timestamp,
    /// When it was last heard of; 0 for never.
    pub last_contact: Timestamp,
    /// Its newest epoch.
    pub epoch: u32,
    /// Events of that epoch that are here.
    pub accepted: u64,
    /// The newest event of that epoch that it has told of.
    pub reported: u64,
    /// Milliseconds that its clock is behind.
    pub skew_ms: i64,
    /// Events that were stored without effect because they could not be read or believed.
    pub quarantined: u64,
    /// The version of its app; empty where it never told.
    pub app: String,
    /// How full its battery was when it last told, in per cent.
    pub battery: Option<u8>,
    /// Changes of the site's records that it does not have yet, as far as it told.
    pub records_behind: u64,
    /// The newest entry of the control stream that it told of: it knows every stop up to there.
    pub control: u64,
    /// The newest sign-off.
    pub sign_off: Option<SignOff>,
}

/// A supervisor's word that everything of a device is here.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct SignOff {
    /// When.
    pub at: Timestamp,
    /// Whose word.
    pub by: UserId,
    /// Up to which epoch.
    pub epoch: u32,
    /// Up to which of its events.
    pub seq: u64,
}

impl DeviceState {
    /// Events that it has told of and that are not here.
    #[must_use]
    pub fn waiting(&self) -> u64 {
        self.reported.saturating_sub(self.accepted)
    }

    /// True where nothing has come since the sign-off.
    #[must_use]
    pub fn is_signed_off(&self) -> bool {
        let through = |sign_off: &SignOff| (sign_off.epoch, sign_off.seq) >= (self.epoch, self.accepted);
        self.waiting() == 0 && self.sign_off.as_ref().is_some_and(through)
    }
}

impl Storage {
    /// The devices of a site, by name; revoked ones last.
    ///
    /// # Errors
    /// [`StorageError`] where the database cannot be read.
    pub async fn devices(&self, site: SiteId) -> Result<Vec<DeviceState>, StorageError> {
        self.read(site, |site, tx| Box::pin(devices(site, tx))).await
    }

    /// Notes that everything of a device is here, as far as it is; false where there is no such device or something is
    /// still on its way.
    ///
    /// # Errors
    /// [`StorageError`] where nothing was saved.
    pub async fn sign_off(
        &self,
        site: SiteId,
        device: DeviceId,
        by: UserId,
        now: Timestamp,
    ) -> Result<bool, StorageError> {
        self.write((site, device, by, now), |input, tx| Box::pin(sign_off(input, tx))).await
    }
}

async fn devices(site: &SiteId, tx: &mut dyn Tx) -> Result<Vec<DeviceState>, StorageError> {
    let rows = tx.rows(include_str!("../sql/console_devices.sql"), &values![site.0]).await?;
    rows.into_iter().map(state).collect()
}

fn state(mut row: Row) -> Result<DeviceState, StorageError> {
    let mut state = DeviceState {
        device: row.device()?,
        name: row.text()?,
        revoked: row.flag()?,
        enrolled: row.time()?,
        last_contact: row.time()?,
        epoch: row.small()?,
        accepted: row.unsigned()?,
        reported: row.unsigned()?,
        skew_ms: row.int()?,
        quarantined: row.unsigned()?,
        app: row.text()?,
        battery: row.int_or_null()?.and_then(|level| u8::try_from(level).ok()),
        records_behind: 0,
        control: 0,
        sign_off: None,
    };
    let (has, newest) = (row.unsigned()?, row.unsigned()?);
    state.records_behind = newest.saturating_sub(has);
    state.control = row.unsigned()?;
    if let Some(at) = row.int_or_null()? {
        let (by, epoch, seq) = (UserId(row.int()?), row.small()?, row.unsigned()?);
        state.sign_off = Some(SignOff { at: Timestamp(at), by, epoch, seq });
    }
    Ok(state)
}

async fn sign_off(
    (site, device, by, now): &(SiteId, DeviceId, UserId, Timestamp),
    tx: &mut dyn Tx,
) -> Result<bool, StorageError> {
    let found = devices(site, tx).await?.into_iter().find(|state| state.device == *device);
    let Some(state) = found.filter(|state| !state.revoked && state.waiting() == 0) else { return Ok(false) };
    let params = values![site.0, *device, *now, by.0, state.epoch, state.accepted];
    tx.execute(include_str!("../sql/save_sign_off.sql"), &params).await?;
    Ok(true)
}
