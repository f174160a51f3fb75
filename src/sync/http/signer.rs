//! Puts the device's name and signature on a request.

use crate::domain::{DeviceId, DeviceKey, SiteId, Timestamp};
use crate::sync::engine::Failure;
use crate::sync::wire::Claim;
use std::fmt;
use std::sync::Arc;
use uuid::Uuid;

/// Where the time is read.
pub type Clock = Arc<dyn Fn() -> Timestamp + Send + Sync>;

/// One device, its key, and the time to sign with.
#[derive(Clone)]
pub struct Signer {
    /// Where it works.
    pub site: SiteId,
    /// Which it is.
    pub device: DeviceId,
    /// Its key.
    pub key: DeviceKey,
    pub(super) clock: Clock,
    /// Milliseconds to add to the clock for the server's, once the server has said that they differ too much.
    offset_ms: i64,
}

impl Signer {
    /// Signs by `clock`, however wrong it is: the server tells the right time where that is needed.
    #[must_use]
    pub fn new(site: SiteId, device: DeviceId, key: DeviceKey, clock: Clock) -> Self {
        Self { site, device, key, clock, offset_ms: 0 }
    }

    /// From now on signs by the server's clock, which shows `now`.
    pub(super) fn adopt(&mut self, now: Timestamp) {
        self.offset_ms = now.ms_since((self.clock)());
    }

    /// The header of one request.
    pub(super) fn claim(&self, method: &str, path: &str, body: &[u8]) -> Result<Claim, Failure> {
        let mut bytes = [0_u8; 16];
        getrandom::fill(&mut bytes).map_err(|_| Failure::Storage)?;
        let (site, device, nonce) = (self.site, self.device, Uuid::from_bytes(bytes));
        let time = (self.clock)().plus_ms(self.offset_ms);
        let message = Claim::message((site, device), (time, nonce), method, path, body);
        Ok(Claim { site, device, time, nonce, signature: self.key.sign(&message) })
    }
}

impl fmt::Debug for Signer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Signer").field("device", &self.device).finish_non_exhaustive()
    }
}
